// The true values: columns of the table, an array, or a file of their own.

import type { Column, Dataset, Table } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';
import { didYouMean } from '../../nearest.ts';
import type { TensorInfo } from '../../runtimes/session.ts';
import { columnNames, findColumn, listColumns } from './columns.ts';
import { fitRow } from './fit.ts';
import { toNumbers } from './numbers.ts';
import { targetNames } from './sources.ts';

export type TargetChoice = {
  /** `--target a,b`: columns, or the name of one array. Empty: found by convention. */
  readonly names: readonly string[];
  /** Names to look for when nothing was said: outputs of the signature and of the model. */
  readonly hints: readonly string[];
  /** True values from a file of their own (`--labels`). */
  readonly labels?: { readonly dataset: Dataset; readonly shown: string };
  /** False for predict: without a target all columns are features. */
  readonly isRequired: boolean;
};

/** `--target a,b` as names: the whole text is one name when a column is called that. */
export function targetNamesOf(text: string | undefined, known: ReadonlySet<string>): string[] {
  if (text === undefined) return [];
  return known.has(text) ? [text] : text.split(',').map((name) => name.trim());
}

/** Errors: COLUMN_MISSING, TARGET_MISSING. */
export function tableTarget(
  table: Table,
  inputs: readonly TensorInfo[],
  choice: TargetChoice,
): readonly Column[] {
  if (choice.labels) return labelColumns(choice.labels, choice.names);
  if (choice.names.length > 0) return choice.names.map((name) => findColumn(table, name));
  const names = columnNames(table);
  // Without a word from the user a column is left out of the features only by a name that says so.
  const found = [...choice.hints, ...targetNames].find((name) => names.includes(name));
  if (found !== undefined && (choice.isRequired || !takesAll(table, inputs)))
    return [findColumn(table, found)];
  if (!choice.isRequired) return [];
  throw errors.TARGET_MISSING(
    table.path,
    'nothing says which column holds the true values',
    `add --target COLUMN; columns: ${listColumns(names)}`,
  );
}

function takesAll(table: Table, inputs: readonly TensorInfo[]): boolean {
  const [input] = inputs;
  return inputs.length === 1 && input !== undefined && fitRow(input, [table.columns.length]) !== undefined;
}

/** Errors: TARGET_MISSING, LABEL_INVALID. */
export function arrayTarget(
  arrays: ReadonlyMap<string, Tensor>,
  shown: string,
  choice: TargetChoice,
): { readonly columns: readonly Column[]; readonly name: string | undefined } {
  if (choice.labels) return { columns: labelColumns(choice.labels, choice.names), name: undefined };
  const [wanted] = choice.names;
  const name = wanted ?? [...choice.hints, ...targetNames].find((candidate) => arrays.has(candidate));
  const array = name === undefined ? undefined : arrays.get(name);
  if (name !== undefined && array !== undefined) return { columns: columnsOf(name, array), name };
  const known = [...arrays.keys()];
  if (wanted !== undefined) {
    throw errors.TARGET_MISSING(
      shown,
      `it has no array ${JSON.stringify(wanted)}`,
      didYouMean(wanted, known),
    );
  }
  if (!choice.isRequired) return { columns: [], name: undefined };
  throw errors.TARGET_MISSING(
    shown,
    'nothing says where the true values are',
    `add --target ARRAY, or --labels FILE; arrays: ${known.join(', ')}`,
  );
}

/** A file that holds only true values: its one column or array, or the one named. */
export function labelColumns(
  { dataset, shown }: { readonly dataset: Dataset; readonly shown: string },
  names: readonly string[],
): readonly Column[] {
  if (dataset.kind === 'table') {
    if (names.length > 0) return names.map((name) => findColumn(dataset.table, name));
    if (dataset.table.columns.length === 1) return dataset.table.columns;
    throw errors.TARGET_MISSING(
      shown,
      `it has ${dataset.table.columns.length} columns`,
      `say which one with --target; columns: ${listColumns(columnNames(dataset.table))}`,
    );
  }
  if (dataset.kind === 'images')
    throw errors.TARGET_MISSING(shown, 'it holds images, not true values', 'name a table');
  const only = { names, hints: ['data', 'labels'], isRequired: true };
  return arrayTarget(dataset.arrays, shown, only).columns;
}

/** An array of rows × k as k columns. */
function columnsOf(name: string, array: Tensor): readonly Column[] {
  const rows = array.dims[0] ?? 1;
  const width = elementCount(array.dims.slice(1));
  if (array.dtype === 'string') {
    if (width !== 1) {
      throw errors.LABEL_INVALID(`${name} holds ${width} texts per row`, 'give one class name per row');
    }
    return [{ name, kind: 'text', values: array.data as readonly string[] }];
  }
  const numbers = toNumbers(array);
  if (width === 1) return [{ name, kind: 'number', values: numbers }];
  return Array.from({ length: width }, (_, index) => {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = numbers[row * width + index] as number;
    return { name: `${name}${index}`, kind: 'number', values } as const;
  });
}
