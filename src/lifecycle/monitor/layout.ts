// Which features the records of a log hold: decided once, from the first complete record and the signature.

import type { InputSignature, OutputSignature, Signature } from '../../graph/signature.ts';
import type { Logged, Nested, PredictionRecord, Summary } from '../../server/record.ts';
import { Dictionary } from './dictionary.ts';

export type Feature = {
  readonly name: string;
  readonly role: 'input' | 'prediction';
  /** Set for categories: their values are stored as places in it. */
  readonly dictionary: Dictionary | undefined;
};

/** One logged tensor and the features made of each of its rows. */
export type Field = {
  readonly tensor: string;
  readonly role: 'input' | 'prediction';
  /** Place of its first feature in a row. */
  readonly start: number;
  readonly width: number;
  /** Elements of one row of the tensor. */
  readonly elements: number;
  /**
   * `columns`: one feature per element. `summary`: mean, min and max of the row, for images and other rows too wide to
   * watch element by element. `class`: the index of the largest element.
   */
  readonly reading: 'columns' | 'summary' | 'class';
};

export type Layout = { readonly features: readonly Feature[]; readonly fields: readonly Field[] };

/** Rows wider than this are summarised unless the signature names their columns. */
const mostColumns = 256;
const mostOutputs = 32;
const mostFeatures = 4096;
const mostAxes = 16;

/** undefined until a record has both inputs and outputs. */
export function layoutOf(record: PredictionRecord, signature: Signature): Layout | undefined {
  if (!record.inputs || !record.outputs) return undefined;
  const features: Feature[] = [];
  const fields: Field[] = [];
  for (const [tensor, logged] of Object.entries(record.inputs)) {
    if (features.length >= mostFeatures) break;
    inputFields(tensor, logged, record.rows, signature.inputs[tensor], features, fields);
  }
  for (const [tensor, logged] of Object.entries(record.outputs)) {
    if (features.length >= mostFeatures) break;
    outputFields(tensor, logged, record.rows, signature.outputs[tensor], features, fields);
  }
  return features.length > 0 ? { features, fields } : undefined;
}

function inputFields(
  tensor: string,
  logged: Logged,
  rows: number,
  meaning: InputSignature | undefined,
  features: Feature[],
  fields: Field[],
): void {
  const { elements, rank, sample } = rowShape(logged, rows);
  const named = meaning?.columns?.length === elements ? meaning.columns : undefined;
  const start = features.length;
  const field = { tensor, role: 'input' as const, start, elements };
  if ((!named && (rank > 1 || elements > mostColumns)) || elements > mostFeatures) {
    for (const part of ['mean', 'min', 'max']) features.push(number(`${tensor} ${part}`, 'input'));
    fields.push({ ...field, width: 3, reading: 'summary' });
    return;
  }
  for (let i = 0; i < elements; i++) {
    const name = named?.[i] ?? (elements === 1 ? tensor : `${tensor}[${i}]`);
    features.push(isText(sample[i]) ? category(name, 'input') : number(name, 'input'));
  }
  fields.push({ ...field, width: elements, reading: 'columns' });
}

function outputFields(
  tensor: string,
  logged: Logged,
  rows: number,
  meaning: OutputSignature | undefined,
  features: Feature[],
  fields: Field[],
): void {
  const { elements, sample } = rowShape(logged, rows);
  const labels = meaning?.labels;
  const field = { tensor, role: 'prediction' as const, start: features.length, elements };
  if (elements > 1 && (labels?.length === elements || isDistribution(sample))) {
    const names = labels ?? Array.from({ length: elements }, (_, i) => `class ${i}`);
    features.push({ ...category(tensor, 'prediction'), dictionary: new Dictionary(names) });
    fields.push({ ...field, width: 1, reading: 'class' });
    return;
  }
  if (elements > mostOutputs) {
    for (const part of ['mean', 'min', 'max']) features.push(number(`${tensor} ${part}`, 'prediction'));
    fields.push({ ...field, width: 3, reading: 'summary' });
    return;
  }
  for (let i = 0; i < elements; i++) {
    const name = elements === 1 ? tensor : `${tensor}[${i}]`;
    features.push(isText(sample[i]) ? category(name, 'prediction') : number(name, 'prediction'));
  }
  fields.push({ ...field, width: elements, reading: 'columns' });
}

/** Elements and rank of one row, and the first row itself when it was logged in full. */
function rowShape(logged: Logged, rows: number): { elements: number; rank: number; sample: Nested[] } {
  if (isSummary(logged)) {
    const row = logged.shape.slice(1);
    return { elements: row.reduce((product, dim) => product * dim, 1), rank: row.length, sample: [] };
  }
  const first = firstRow(logged, rows);
  let rank = 0;
  for (let part: Nested | undefined = first; Array.isArray(part) && rank < mostAxes; part = part[0])
    rank += 1;
  const sample = flatten(first, []);
  return { elements: sample.length, rank, sample };
}

function firstRow(logged: Nested, rows: number): Nested {
  if (!Array.isArray(logged)) return logged;
  return rows > 0 && logged.length === rows ? (logged[0] as Nested) : logged;
}

/** The elements in row-major order. Deeper than any tensor is damage: what is there is left out. */
export function flatten(nested: Nested, into: Nested[], depth = 0): Nested[] {
  if (!Array.isArray(nested)) into.push(nested);
  else if (depth < mostAxes) for (const part of nested) flatten(part, into, depth + 1);
  return into;
}

export function isSummary(logged: Logged | undefined): logged is Summary {
  if (typeof logged !== 'object' || logged === null || !('shape' in logged)) return false;
  return Array.isArray(logged.shape) && logged.shape.every((dim) => typeof dim === 'number');
}

/** Not between 0 and 1, or not adding up: not class probabilities. */
function isDistribution(sample: readonly Nested[]): boolean {
  let sum = 0;
  for (const value of sample) {
    if (typeof value !== 'number' || value < 0 || value > 1) return false;
    sum += value;
  }
  return Math.abs(sum - 1) < 1e-3;
}

const spelledNumbers: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

function isText(value: Nested | undefined): boolean {
  return typeof value === 'string' && !spelledNumbers.has(value);
}

function number(name: string, role: Feature['role']): Feature {
  return { name, role, dictionary: undefined };
}

function category(name: string, role: Feature['role']): Feature {
  return { name, role, dictionary: new Dictionary() };
}
