// Which part of the data goes to which input of the model, and which part is the true value.

import type { Column, Dataset, Table } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import type { InputSignature, Signature } from '../../graph/signature.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { didYouMean } from '../../nearest.ts';
import type { TensorInfo } from '../../runtimes/session.ts';
import { columnNames, findColumn, listColumns } from './columns.ts';
import { fitRow, spellDims, spellRow } from './fit.ts';

export type InputSource =
  | { readonly input: TensorInfo; readonly kind: 'columns'; readonly columns: readonly Column[] }
  | { readonly input: TensorInfo; readonly kind: 'array'; readonly name: string; readonly array: Tensor };

/** What is asked for on the command line: `--features a,b,c` or, repeated, `--features NAME=a,b,c`. */
export type Assignments = {
  readonly byInput: ReadonlyMap<string, readonly string[]>;
  readonly rest?: readonly string[];
};

/** Errors: USAGE for an input the model does not have. */
export function parseAssignments(flags: readonly string[], inputs: readonly TensorInfo[]): Assignments {
  const byInput = new Map<string, readonly string[]>();
  let rest: readonly string[] | undefined;
  const names = inputs.map(({ name }) => name);
  for (const flag of flags) {
    const at = flag.indexOf('=');
    const name = at < 0 ? undefined : flag.slice(0, at).trim();
    const columns = flag
      .slice(at + 1)
      .split(',')
      .map((column) => column.trim());
    // A column may hold an equals sign: `NAME=` counts only when NAME is an input.
    if (name !== undefined && names.includes(name)) byInput.set(name, columns);
    else if (name === undefined && inputs.length === 1) rest = columns;
    else {
      throw errors.USAGE(
        `--features ${flag}: ${name === undefined ? 'the model has several inputs' : `the model has no input ${name}`}`,
        `write --features NAME=COLUMNS; ${name === undefined ? `inputs: ${names.join(', ')}` : didYouMean(name, names)}`,
      );
    }
  }
  return rest === undefined ? { byInput } : { byInput, rest };
}

/** The signature of an input; with one input and one entry, that one whatever it is called. */
export function signatureOf<T>(
  entries: Readonly<Record<string, T>>,
  name: string,
  isOnly: boolean,
): T | undefined {
  const list = Object.entries(entries);
  return list.find(([key]) => key === name)?.[1] ?? (isOnly && list.length === 1 ? list[0]?.[1] : undefined);
}

/** Errors: COLUMN_MISSING, FEATURES_MISMATCH. */
export function tableSources(
  table: Table,
  inputs: readonly TensorInfo[],
  signature: Signature,
  assignments: Assignments,
  target: readonly Column[],
): InputSource[] {
  const free = table.columns.filter((column) => !target.includes(column));
  return inputs.map((input) => {
    const named =
      assignments.byInput.get(input.name) ??
      assignments.rest ??
      signatureOf<InputSignature>(signature.inputs, input.name, inputs.length === 1)?.columns;
    const columns = named?.map((name) => findColumn(table, name)) ?? columnsFor(input, inputs, free, table);
    if (fitRow(input, [columns.length]) === undefined) throw countMismatch(input, columns, table, target);
    return { input, kind: 'columns', columns };
  });
}

/** Nothing was named: all columns for a single input, otherwise those that carry the input's name. */
function columnsFor(
  input: TensorInfo,
  inputs: readonly TensorInfo[],
  free: readonly Column[],
  table: Table,
): readonly Column[] {
  const own = free.filter((column) => column.name === input.name);
  const numbered = free.filter(
    ({ name }) => name.startsWith(input.name) && /^[_.]?\d+$/.test(name.slice(input.name.length)),
  );
  if (inputs.length === 1) {
    const fits = fitRow(input, [free.length]) !== undefined;
    return !fits && own.length === 1 && fitRow(input, [1]) !== undefined ? own : free;
  }
  if (own.length > 0) return own;
  if (numbered.length > 0) return numbered;
  throw errors.FEATURES_MISMATCH(
    `${table.path} has no column for input ${input.name}`,
    `name its columns with --features ${input.name}=COLUMNS, or in the signature of the manifest`,
    [
      `inputs: ${inputs.map(({ name, shape }) => `${name} (${spellRow(shape)})`).join(', ')}`,
      `columns: ${listColumns(columnNames(table))}`,
    ],
  );
}

function countMismatch(
  input: TensorInfo,
  columns: readonly Column[],
  table: Table,
  target: readonly Column[],
) {
  const except = target.length > 0 ? ` without the target ${target.map(({ name }) => name).join(', ')}` : '';
  return errors.FEATURES_MISMATCH(
    `input ${input.name} takes ${spellRow(input.shape)} per row, and ${table.path} gives it ${columns.length} columns${except}`,
    `name the right ones in order: --features ${
      columns
        .slice(0, 2)
        .map(({ name }) => name)
        .join(',') || 'a,b'
    },…`,
    [`columns: ${listColumns(columns.map(({ name }) => name))}`],
  );
}

const featureNames = [
  'x',
  'X',
  'x_test',
  'X_test',
  'x_val',
  'X_val',
  'features',
  'inputs',
  'input',
  'images',
  'data',
];
export const targetNames = [
  'y',
  'Y',
  'y_test',
  'Y_test',
  'y_val',
  'y_true',
  'target',
  'targets',
  'label',
  'labels',
  'class',
];

/** Errors: FEATURES_MISMATCH. */
export function arraySources(
  arrays: ReadonlyMap<string, Tensor>,
  shown: string,
  inputs: readonly TensorInfo[],
  assignments: Assignments,
  target: string | undefined,
): InputSource[] {
  const free = new Map([...arrays].filter(([name]) => name !== target));
  return inputs.map((input) => {
    const wanted = assignments.byInput.get(input.name)?.[0] ?? assignments.rest?.[0];
    const name = wanted ?? arrayFor(input, inputs.length === 1, free);
    const array = name === undefined ? undefined : free.get(name);
    if (name === undefined || array === undefined) {
      throw errors.FEATURES_MISMATCH(
        wanted === undefined
          ? `${shown} has no array for input ${input.name}`
          : `${shown} has no array ${JSON.stringify(wanted)}`,
        `say which one it is: --features ${input.name}=ARRAY`,
        [`arrays: ${[...arrays].map(([key, { dims }]) => `${key} (${dims.join('×')})`).join(', ')}`],
      );
    }
    checkFit(input, name, array, shown);
    return { input, kind: 'array', name, array };
  });
}

function arrayFor(input: TensorInfo, isOnly: boolean, free: ReadonlyMap<string, Tensor>): string | undefined {
  if (free.has(input.name)) return input.name;
  if (!isOnly) return undefined;
  const conventional = featureNames.find((name) => free.has(name));
  return conventional ?? (free.size === 1 ? [...free.keys()][0] : undefined);
}

function checkFit(input: TensorInfo, name: string, array: Tensor, shown: string): void {
  const row = array.dims.slice(1);
  if (fitRow(input, row) !== undefined) return;
  const wanted = (input.shape ?? []).slice(1);
  const isTransposed =
    row.length > 1 && row.length === wanted.length && [...row].sort().join() === [...wanted].sort().join();
  throw errors.FEATURES_MISMATCH(
    `input ${input.name} takes ${spellRow(input.shape)} per row, and ${name} in ${shown} has ${spellDims(row)}`,
    isTransposed
      ? 'the axes are in another order: transpose the array before saving it'
      : `use the array the model was made for, or name another with --features ${input.name}=ARRAY`,
  );
}

/** A two-dimensional array as columns, so that one of them can be the target by its position. */
export function arrayAsTable(
  dataset: Dataset,
  shown: string,
  toNumbers: (of: Tensor) => Float64Array,
): Table | undefined {
  if (dataset.kind !== 'arrays' || dataset.arrays.size !== 1) return undefined;
  const [array] = [...dataset.arrays.values()];
  const [rows, width] = array?.dims ?? [];
  if (
    !array ||
    array.dtype === 'string' ||
    array.dims.length !== 2 ||
    rows === undefined ||
    width === undefined
  ) {
    return undefined;
  }
  const numbers = toNumbers(array);
  const columns = Array.from({ length: width }, (_, index): Column => {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = numbers[row * width + index] as number;
    return { name: `column${index}`, kind: 'number', values };
  });
  return { path: shown, rows, columns };
}
