// The reference data set as rows of the log's layout: what the inputs looked like when all was well.

import type { Context } from '../../context.ts';
import type { Column, Dataset } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import type { Signature } from '../../graph/signature.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Feature, Field, Layout } from './layout.ts';
import type { SampledRows } from './reservoir.ts';
import { capacityFor, seeded } from './reservoir.ts';
import { summarise } from './rows.ts';

export type ReferenceData = {
  readonly path: string;
  readonly digest: string;
  /** Of the data set; `sample` holds at most capacityFor(width) of them. */
  readonly rows: number;
  /** Predictions are NaN until the model has run. Times are 0. */
  readonly sample: SampledRows;
  /** By feature, over all rows. */
  readonly ranges: readonly FeatureRange[];
  /** Raw elements of an input for one row of the sample. */
  readonly elements: (field: Field, row: number) => ArrayLike<number | string>;
};

/** Finite values only; `missing` is a share. */
export type FeatureRange = { readonly min: number; readonly max: number; readonly missing: number };

/** Errors: those of readDataset, COLUMN_MISSING, FEATURES_MISMATCH. */
export async function readReferenceData(
  path: string,
  layout: Layout,
  signature: Signature,
  target: string | undefined,
  context: Context,
): Promise<{ data: ReferenceData; layout: Layout }> {
  const [{ readDataset }, { digestOf }] = await Promise.all([
    import('../../datasets/read.ts'),
    import('../locate.ts'),
  ]);
  const { resolve } = await import('node:path');
  const dataset = await readDataset(path, context);
  const inputs = layout.fields.filter(({ role }) => role === 'input');
  const sources = new Map<Field, RowSource>();
  for (const field of inputs) {
    sources.set(field, sourceOf(dataset, field, layout.features, inputs.length, signature, target, path));
  }
  const rows = Math.min(...[...sources.values()].map((source) => source.rows));
  const named = nameFeatures(layout, sources);
  const width = layout.features.length;
  const chosen = chooseRows(rows, capacityFor(width));
  const fillRow = (row: number, into: Float64Array) => {
    into.fill(Number.NaN);
    for (const [field, source] of sources) source.fill(row, field, named.features, into);
  };
  const ranges = rangesOf(rows, width, fillRow);
  const sample: SampledRows = {
    width,
    count: chosen.length,
    values: new Float64Array(chosen.length * width),
    times: new Float64Array(chosen.length),
  };
  chosen.forEach((row, i) => {
    fillRow(row, sample.values.subarray(i * width, (i + 1) * width));
  });
  const elements = (field: Field, i: number) => sources.get(field)?.elements(chosen[i] ?? 0) ?? [];
  const digest = await digestOf(resolve(context.cwd, path));
  return { data: { path, digest, rows, sample, ranges, elements }, layout: named };
}

/** Where the rows of one input come from. */
type RowSource = {
  readonly rows: number;
  /** Names of its columns, when the data names them. */
  readonly names: readonly string[] | undefined;
  fill(row: number, field: Field, features: readonly Feature[], into: Float64Array): void;
  elements(row: number): ArrayLike<number | string>;
};

function sourceOf(
  dataset: Dataset,
  field: Field,
  features: readonly Feature[],
  inputs: number,
  signature: Signature,
  target: string | undefined,
  path: string,
): RowSource {
  if (dataset.kind === 'arrays')
    return arraySource(arrayFor(dataset.arrays, field, inputs, path), field, path);
  if (dataset.kind === 'images') {
    throw errors.FEATURES_MISMATCH(
      `${path} holds images, and the log has what the model was given`,
      'save the reference as the arrays the model takes, in an .npz file',
    );
  }
  const { columns, rows } = dataset.table;
  const names = signature.inputs[field.tensor]?.columns;
  const chosen = chooseColumns(columns, names, field, inputs, target, path);
  chosen.forEach((column, i) => {
    if (column.kind === 'number' || features[field.start + i]?.dictionary) return;
    throw errors.FEATURES_MISMATCH(
      `column ${column.name} of ${path} is text, and the log has numbers for it`,
      'use the data as the model is given it, after encoding',
    );
  });
  return columnSource(chosen, rows);
}

/** The signature's columns; else the one named like the input; else all but the target when their number fits. */
function chooseColumns(
  columns: readonly Column[],
  names: readonly string[] | undefined,
  field: Field,
  inputs: number,
  target: string | undefined,
  path: string,
): readonly Column[] {
  const find = (name: string): Column => {
    const found = columns.find((column) => column.name === name);
    if (found) return found;
    const known = columns.map((column) => column.name).slice(0, 20);
    throw errors.COLUMN_MISSING(path, name, `it has ${known.join(', ')}`);
  };
  if (names) return names.map(find);
  const own = columns.filter((column) => column.name === field.tensor);
  if (own.length === 1 && field.elements === 1) return own;
  const others = columns.filter((column) => column.name !== target);
  if (inputs === 1 && others.length === field.elements) return others;
  const width = `${others.length} column${others.length === 1 ? '' : 's'}`;
  throw errors.FEATURES_MISMATCH(
    `${path} has ${width}, and input ${field.tensor} has ${field.elements} features`,
    `name the columns in the manifest: signature.inputs.${field.tensor}.columns; or the target: evaluate.target`,
  );
}

function columnSource(columns: readonly Column[], rows: number): RowSource {
  const elements = (row: number) => columns.map((column) => column.values[row] ?? '');
  return {
    rows,
    names: columns.map((column) => column.name),
    elements,
    fill(row, field, features, into) {
      if (field.reading === 'summary') {
        const numbers = columns.map((column) =>
          column.kind === 'number' ? (column.values[row] ?? Number.NaN) : Number.NaN,
        );
        summarise(numbers, into, field.start);
        return;
      }
      columns.forEach((column, i) => {
        const value = column.values[row];
        const dictionary = features[field.start + i]?.dictionary;
        if (value === null || value === undefined) return;
        into[field.start + i] = dictionary
          ? Number.isNaN(value)
            ? Number.NaN
            : dictionary.code(String(value))
          : Number(value);
      });
    },
  };
}

/** The array named like the input, else the only one, else the one called `data`. */
function arrayFor(arrays: ReadonlyMap<string, Tensor>, field: Field, inputs: number, path: string): Tensor {
  const named = arrays.get(field.tensor);
  if (named) return named;
  const candidates = [arrays.get('data'), arrays.get('x'), ...(arrays.size === 1 ? arrays.values() : [])];
  const fitting = candidates.find((tensor) => tensor !== undefined);
  if (fitting && inputs === 1) return fitting;
  throw errors.FEATURES_MISMATCH(
    `${path} has no array for input ${field.tensor}`,
    `it has ${[...arrays.keys()].join(', ')}; name one of them ${field.tensor}`,
  );
}

function arraySource(tensor: Tensor, field: Field, path: string): RowSource {
  const rows = tensor.dims[0] ?? 0;
  const size = tensor.dims.slice(1).reduce((product, dim) => product * dim, 1);
  if (size !== field.elements) {
    throw errors.FEATURES_MISMATCH(
      `${path} has ${size} elements a row, and input ${field.tensor} has ${field.elements}`,
      'use the data the model was trained on, in the shape it was trained on',
    );
  }
  const elements = (row: number) => {
    const slice = tensor.data.slice(row * size, (row + 1) * size);
    return Array.from(slice as ArrayLike<number | bigint | string>, (value) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
  };
  return {
    rows,
    names: undefined,
    elements,
    fill(row, target, features, into) {
      const values = elements(row);
      if (target.reading === 'summary') return summarise(values.map(Number), into, target.start);
      values.forEach((value, i) => {
        const dictionary = features[target.start + i]?.dictionary;
        into[target.start + i] = dictionary ? dictionary.code(String(value)) : Number(value);
      });
    },
  };
}

/** Features the log could only number get the names the data has for them; text columns are categories. */
function nameFeatures(layout: Layout, sources: ReadonlyMap<Field, RowSource>): Layout {
  const features = [...layout.features];
  for (const [field, { names }] of sources) {
    if (field.reading !== 'columns' || !names) continue;
    names.forEach((name, i) => {
      const feature = features[field.start + i];
      if (feature) features[field.start + i] = { ...feature, name };
    });
  }
  return { ...layout, features };
}

/** All rows, or a seeded random choice in file order (Knuth's algorithm S). */
function chooseRows(rows: number, capacity: number): number[] {
  const random = seeded(0x72656631);
  const chosen: number[] = [];
  for (let row = 0; row < rows && chosen.length < capacity; row++) {
    if (random() * (rows - row) < capacity - chosen.length) chosen.push(row);
  }
  return chosen;
}

function rangesOf(
  rows: number,
  width: number,
  fillRow: (row: number, into: Float64Array) => void,
): FeatureRange[] {
  const min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  const missing = new Float64Array(width);
  const buffer = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    fillRow(row, buffer);
    for (let i = 0; i < width; i++) {
      const value = buffer[i] ?? Number.NaN;
      if (Number.isNaN(value)) missing[i] = (missing[i] ?? 0) + 1;
      else if (Number.isFinite(value)) {
        if (value < (min[i] ?? value)) min[i] = value;
        if (value > (max[i] ?? value)) max[i] = value;
      }
    }
  }
  return Array.from(min, (low, i) => ({
    min: low,
    max: max[i] ?? low,
    missing: (missing[i] ?? 0) / Math.max(1, rows),
  }));
}
