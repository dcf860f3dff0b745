// True values as class indices: integers, names or one-hot columns, against what the model knows of its classes.

import type { Column } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import type { Place } from './rows.ts';

export type ClassIndices = {
  /** In index order; as many as the model has classes. */
  readonly labels: readonly string[];
  readonly indices: Int32Array;
  /** What had to be assumed, when the order of the classes was not given. */
  readonly assumed?: string;
};

export type KnownClasses = {
  /** How many classes the model's output tells apart; undefined when its output is the class itself. */
  readonly count: number | undefined;
  /** Their names in index order, from --classes or the signature. */
  readonly names: readonly string[] | undefined;
  /** Which name the model's output 1 stands for, when nothing else gives the order (`--positive`). */
  readonly positive: string | undefined;
};

/** Errors: LABEL_INVALID naming the value and its place. */
export function classIndices(target: readonly Column[], known: KnownClasses, place: Place): ClassIndices {
  const { count, names } = known;
  if (names && count !== undefined && names.length !== count) {
    throw errors.LABEL_INVALID(
      `${names.length} class names were given, and the model has ${count} classes`,
      'give one name per class, in index order, with --classes or in the signature',
    );
  }
  const [column] = target;
  if (target.length > 1) return oneHot(target, known, place);
  if (column === undefined) throw errors.LABEL_INVALID('there are no true values', 'add --target COLUMN');
  return column.kind === 'text' ? byName(column, known, place) : byNumber(column, known, place);
}

function byName(
  { name, values, levels }: Extract<Column, { kind: 'text' }>,
  { count, names, positive }: KnownClasses,
  place: Place,
): ClassIndices {
  // By code point, as sorted() and LabelEncoder in Python order them.
  const found = levels ?? [...new Set(values.map((value) => value ?? ''))].sort((a, b) => (a < b ? -1 : 1));
  if (names) {
    const index = new Map(names.map((label, at) => [label, at]));
    const indices = Int32Array.from(values, (value, row) => {
      const at = index.get(value ?? '');
      if (at !== undefined) return at;
      throw errors.LABEL_INVALID(
        `${JSON.stringify(value)} in ${place(row)} of ${name} is none of the classes`,
        didYouMean(value ?? '', names),
      );
    });
    return { labels: names, indices };
  }
  if (count !== undefined && found.length !== count) {
    throw errors.LABEL_INVALID(
      `${name} has ${found.length} different values (${shown(found)}), and the model has ${count} classes`,
      'give the class names in index order with --classes, or in the signature of the manifest',
    );
  }
  const labels = ordered(found, positive);
  const index = new Map(labels.map((label, at) => [label, at]));
  return {
    labels,
    indices: Int32Array.from(values, (value) => index.get(value ?? '') as number),
    assumed: `the classes of ${name} were taken in alphabetical order: ${shown(labels)}`,
  };
}

function ordered(found: readonly string[], positive: string | undefined): readonly string[] {
  if (positive === undefined || found.length !== 2 || !found.includes(positive)) return found;
  return [...found.filter((label) => label !== positive), positive];
}

function byNumber(
  { name, values }: Extract<Column, { kind: 'number' }>,
  { count, names, positive }: KnownClasses,
  place: Place,
): ClassIndices {
  const numericNames = names?.map(Number);
  if (names && numericNames && !numericNames.some(Number.isNaN)) {
    const index = new Map(numericNames.map((value, at) => [value, at]));
    return { labels: names, indices: lookUp(values, index, name, `the classes are ${shown(names)}`, place) };
  }
  const isIndex = (value: number) =>
    Number.isInteger(value) && value >= 0 && (count === undefined || value < count);
  const outside = values.findIndex((value) => !isIndex(value));
  if (outside < 0) {
    const largest = values.reduce((most, value) => Math.max(most, value), 0);
    // A class index beyond this is an identifier, and the confusion matrix would not fit in memory.
    if (count === undefined && largest >= (names?.length ?? 4096)) {
      const row = values.indexOf(largest);
      throw errors.LABEL_INVALID(
        `${largest} in ${place(row)} of ${name} is no class index`,
        'check --target',
      );
    }
    const length = count ?? names?.length ?? largest + 1;
    const labels = names ?? Array.from({ length }, (_, index) => String(index));
    return { labels, indices: Int32Array.from(values) };
  }
  const found = [...new Set(values)].sort((a, b) => a - b);
  const [low = 0, high = 0] = [found[0], found.at(-1)];
  const isRun = found.length === count && found.every(Number.isInteger) && high - low === count - 1;
  if (names === undefined && (isRun || (count === 2 && found.length === 2))) {
    const labels = ordered(found.map(String), positive);
    const index = new Map(labels.map((label, at) => [Number(label), at]));
    return {
      labels,
      indices: lookUp(values, index, name, '', place),
      assumed: `the classes of ${name} were taken in ascending order: ${shown(labels)}`,
    };
  }
  throw errors.LABEL_INVALID(
    `${values[outside]} in ${place(outside)} of ${name} is none of the model's ${count ?? ''} classes${
      count === undefined ? '' : ` 0 … ${count - 1}`
    }`,
    'classes that are numbered otherwise are named in index order with --classes; numbers to predict need --task regression',
  );
}

function lookUp(
  values: Float64Array,
  index: ReadonlyMap<number, number>,
  name: string,
  known: string,
  place: Place,
): Int32Array {
  return Int32Array.from(values, (value, row) => {
    const at = index.get(value);
    if (at !== undefined) return at;
    throw errors.LABEL_INVALID(`${value} in ${place(row)} of ${name} is none of the classes`, known);
  });
}

function oneHot(target: readonly Column[], { count, names }: KnownClasses, place: Place): ClassIndices {
  if (count !== undefined && target.length !== count) {
    throw errors.LABEL_INVALID(
      `the target has ${target.length} columns, and the model has ${count} classes`,
      'give one column of classes, or one-hot columns in index order',
    );
  }
  const columns = target.map((column) => {
    if (column.kind === 'number') return column.values;
    throw errors.LABEL_INVALID(`target column ${column.name} is text`, 'one-hot columns hold 0 and 1');
  });
  const indices = new Int32Array(columns[0]?.length ?? 0);
  for (let row = 0; row < indices.length; row++) {
    const hot = columns.findIndex((values) => values[row] === 1);
    const isOneHot = columns.every((values, index) => values[row] === (index === hot ? 1 : 0));
    if (hot < 0 || !isOneHot) {
      throw errors.LABEL_INVALID(
        `the target columns are not one-hot in ${place(row)}`,
        'exactly one of them is 1 and the others are 0; numbers to predict need --task regression',
      );
    }
    indices[row] = hot;
  }
  return { labels: names ?? target.map(({ name }) => name), indices };
}

/** Whether every row has a single 1 among 0s. */
export function isOneHot(target: readonly Column[]): boolean {
  const columns = target.flatMap((column) => (column.kind === 'number' ? [column.values] : []));
  if (columns.length < 2 || columns.length !== target.length) return false;
  const rows = columns[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    let ones = 0;
    for (const values of columns) {
      if (values[row] === 1) ones++;
      else if (values[row] !== 0) return false;
    }
    if (ones !== 1) return false;
  }
  return true;
}

function shown(values: readonly (string | number)[]): string {
  const text = values.slice(0, 12).join(', ');
  return values.length > 12 ? `${text} and ${values.length - 12} more` : text;
}
