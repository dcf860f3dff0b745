// A data file as batches of tensors for a model: what evaluate and predict feed, in one place, so that both read a
// row the same way.

import type { Column, Dataset, Table } from '../datasets/definition.ts';
import { errors } from '../errors.ts';
import { type DType, isInteger } from '../graph/dtype.ts';
import type { Signature } from '../graph/signature.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import type { Feeds, TensorInfo } from '../runtimes/session.ts';
import { columnNames, listColumns, spellPlace } from './evaluate/columns.ts';
import { type Feed, feedArray, feedColumns, feedText } from './evaluate/feed.ts';
import { fitRow, fixedBatch } from './evaluate/fit.ts';
import { prepareImages } from './evaluate/images.ts';
import { isFeedable, toNumbers } from './evaluate/numbers.ts';
import { type MissingPolicy, type Place, selectRows } from './evaluate/rows.ts';
import { affine, mergeScaling, type Scaling } from './evaluate/scaling.ts';
import {
  arrayAsTable,
  arraySources,
  type InputSource,
  parseAssignments,
  signatureOf,
  tableSources,
} from './evaluate/sources.ts';
import { arrayTarget, type TargetChoice, tableTarget } from './evaluate/target.ts';

export type PrepareOptions = {
  readonly inputs: readonly TensorInfo[];
  readonly signature: Signature;
  readonly scaling: Scaling;
  /** `--features` as given. */
  readonly assignments: readonly string[];
  readonly target: TargetChoice;
  readonly missing: MissingPolicy;
  readonly limit: number | undefined;
  readonly batch: number;
};

export type Prepared = {
  readonly rows: number;
  /** Rows per run. */
  readonly batch: number;
  /** The model takes exactly `batch` rows. */
  readonly isFixedBatch: boolean;
  /** Tensors of rows `start … start + count - 1`, filled up to `size` rows; valid until the next call. */
  readonly feeds: (
    start: number,
    count: number,
    size: number,
    signal?: AbortSignal,
  ) => Feeds | Promise<Feeds>;
  /** True values by column; empty when there are none. */
  readonly target: readonly Column[];
  /** Where a row is in the file: `line 12`, `row 10`. */
  readonly place: Place;
  /** Columns or array per input, for the report. */
  readonly features: Readonly<Record<string, readonly string[]>>;
};

/** Prepared from data that is in memory. */
export type PreparedInMemory = Omit<Prepared, 'feeds'> & {
  readonly feeds: (start: number, count: number, size: number) => Feeds;
};

// Buffers of one run: more rows than this are not faster.
const maxBatchBytes = 64 * 2 ** 20;

/**
 * Errors: COLUMN_MISSING, TARGET_MISSING, FEATURES_MISMATCH, ROWS_MISMATCH, LABEL_INVALID for a missing true value,
 * DATA_EMPTY, USAGE.
 */
export function prepareInputs(dataset: Dataset, shown: string, options: PrepareOptions): Prepared {
  return dataset.kind === 'images'
    ? prepareImages(dataset.images, shown, options)
    : prepareInMemory(dataset, shown, options);
}

/** The same for what is in memory already. */
export function prepareInMemory(
  dataset: Exclude<Dataset, { kind: 'images' }>,
  shown: string,
  options: PrepareOptions,
): PreparedInMemory {
  const { inputs, signature, target } = options;
  const assignments = parseAssignments(options.assignments, inputs);
  const byPosition = target.names.some((name) => /^-?\d+$/.test(name));
  const table =
    dataset.kind === 'table'
      ? dataset.table
      : byPosition
        ? arrayAsTable(dataset, shown, toNumbers)
        : undefined;
  let chosen: readonly Column[];
  let sources: readonly InputSource[];
  if (table) {
    chosen = tableTarget(table, inputs, target);
    sources = tableSources(table, inputs, signature, assignments, chosen);
  } else if (dataset.kind === 'arrays') {
    const { columns, name } = arrayTarget(dataset.arrays, shown, target);
    chosen = columns;
    sources = arraySources(dataset.arrays, shown, inputs, assignments, name);
  } else {
    throw errors.DATA_EMPTY(shown, 'it has neither columns nor arrays');
  }
  const rows = checkRows(sources, chosen, shown);
  const placeInFile: Place = (row) => (table ? spellPlace(table, row) : `row ${row}`);
  const used = selectRows(
    { rows, sources, target: chosen },
    options.missing,
    options.limit,
    shown,
    placeInFile,
  );
  const place: Place = (row) => placeInFile(used.origin?.[row] ?? row);
  const feeds = used.sources.map(
    (source) => [source.input.name, feedOf(source, options, shown, placeInFile, table)] as const,
  );
  const fixed = fixedBatch(inputs);
  return {
    rows: used.rows,
    batch: fixed ?? boundedBatch(used.sources, options.batch),
    isFixedBatch: fixed !== undefined,
    feeds: (start, count, size) =>
      Object.fromEntries(feeds.map(([name, feed]): [string, Tensor] => [name, feed(start, count, size)])),
    target: used.target,
    place,
    features: Object.fromEntries(
      sources.map((source) => [
        source.input.name,
        source.kind === 'array' ? [source.name] : source.columns.map(({ name }) => name),
      ]),
    ),
  };
}

function checkRows(sources: readonly InputSource[], target: readonly Column[], shown: string): number {
  const counts: [string, number][] = sources.map((source) =>
    source.kind === 'array'
      ? [source.name, source.array.dims[0] ?? 0]
      : [`input ${source.input.name}`, source.columns[0]?.values.length ?? 0],
  );
  const [target0] = target;
  if (target0) counts.push([`target ${target0.name}`, target0.values.length]);
  const [first, ...rest] = counts;
  if (!first) throw errors.FEATURES_MISMATCH('the model has no inputs', 'mlctl inspect shows what it is');
  const other = rest.find(([, rows]) => rows !== first[1]);
  if (other) {
    throw errors.ROWS_MISMATCH(
      `${shown}: ${first[0]} has ${first[1]} rows and ${other[0]} has ${other[1]}`,
      'features and labels must come from the same split of the data',
    );
  }
  return first[1];
}

function feedOf(
  source: InputSource,
  { inputs, signature, scaling }: PrepareOptions,
  shown: string,
  place: Place,
  table: Table | undefined,
): Feed {
  const { input } = source;
  const row = source.kind === 'array' ? source.array.dims.slice(1) : [source.columns.length];
  const dims = fitRow(input, row) ?? row;
  const perRow = elementCount(dims);
  if (input.dtype === 'string') return feedStrings(source, dims, perRow, shown);
  if (!isFeedable(input.dtype)) {
    throw errors.FEATURES_MISMATCH(
      `input ${input.name} takes ${input.dtype}`,
      'mlctl feeds numbers and text',
    );
  }
  const merged = mergeScaling(signatureOf(signature.inputs, input.name, inputs.length === 1), scaling);
  const factors = affine(merged, input.name, perRow, dims.at(-1) ?? 1);
  const slot = { dtype: slotType(source, factors !== undefined), dims, perRow, scaling: factors };
  if (source.kind === 'array') {
    if (source.array.dtype !== 'string') return feedArray(source.array, slot);
    throw errors.FEATURES_MISMATCH(
      `${source.name} in ${shown} is text, and input ${input.name} takes ${input.dtype}`,
      'encode it as numbers first',
    );
  }
  return feedColumns(
    source.columns.map((column) => {
      if (column.kind === 'number') {
        if (slot.scaling === undefined && isInteger(input.dtype)) checkWhole(column, input, shown, place);
        return column.values;
      }
      throw textColumn(column, source, shown, place, table);
    }),
    slot,
  );
}

/** Arrays of the integers that a quantized model stores go in as they are; everything else is real numbers. */
function slotType({ input, ...source }: InputSource, isScaled: boolean): DType {
  const stored = input.quantization?.stored;
  return source.kind === 'array' && source.array.dtype === stored && !isScaled ? stored : input.dtype;
}

/** A fraction would be cut off without a word. */
function checkWhole(
  { name, values }: Extract<Column, { kind: 'number' }>,
  input: TensorInfo,
  shown: string,
  place: Place,
): void {
  const row = values.findIndex((value) => !Number.isInteger(value));
  if (row < 0) return;
  throw errors.FEATURES_MISMATCH(
    `${shown}: column ${JSON.stringify(name)} is ${values[row]} in ${place(row)}, and input ${input.name} takes ${input.dtype}`,
    'the model takes whole numbers there; name the right columns with --features',
  );
}

function textColumn(
  column: Extract<Column, { kind: 'text' }>,
  source: Extract<InputSource, { kind: 'columns' }>,
  shown: string,
  place: Place,
  table: Table | undefined,
): Error {
  const row = column.values.findIndex((value) => value !== null && Number.isNaN(Number(value)));
  const numbers = source.columns.filter(({ kind }) => kind === 'number').map(({ name }) => name);
  return errors.FEATURES_MISMATCH(
    `${shown}: column ${JSON.stringify(column.name)} is text (${JSON.stringify(column.values[row])} in ${place(row)}), and input ${source.input.name} takes ${source.input.dtype}`,
    'encode it as numbers, or name the columns to feed with --features; the true value is named with --target',
    [
      `columns of numbers: ${listColumns(numbers)}`,
      ...(table ? [`all: ${listColumns(columnNames(table))}`] : []),
    ],
  );
}

function feedStrings(source: InputSource, dims: readonly number[], perRow: number, shown: string): Feed {
  if (perRow === 1) {
    if (source.kind === 'array' && source.array.dtype === 'string') {
      return feedText(source.array.data as readonly string[], dims);
    }
    const [column] = source.kind === 'columns' ? source.columns : [];
    if (column?.kind === 'text') return feedText(column.values, dims);
    if (column) return feedText(Array.from(column.values, String), dims);
  }
  throw errors.FEATURES_MISMATCH(
    `input ${source.input.name} takes text, and ${shown} gives it ${perRow === 1 ? 'numbers' : `${perRow} values`}`,
    `name one column of text: --features ${source.input.name}=COLUMN`,
  );
}

function boundedBatch(sources: readonly InputSource[], wanted: number): number {
  const bytes = sources.map((source) => {
    const row = source.kind === 'array' ? source.array.dims.slice(1) : [source.columns.length];
    return elementCount(row) * 8;
  });
  const perRow = Math.max(
    1,
    bytes.reduce((sum, each) => sum + each, 0),
  );
  return Math.max(1, Math.min(wanted, Math.floor(maxBatchBytes / perRow)));
}
