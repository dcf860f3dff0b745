// How close two models are on the same inputs.

import { isFloat } from '../graph/dtype.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import type { Feeds, Session } from '../runtimes/session.ts';
import { numbersOf } from './convert/numbers.ts';
import { rowsOf } from './sample-inputs.ts';

/** Relative to the largest absolute value of an output: what float32 arithmetic in another order stays well below. */
export const DEFAULT_TOLERANCE = 1e-4;

export type OutputParity = {
  readonly name: string;
  /** Largest absolute difference. */
  readonly maxAbs: number;
  /** maxAbs over the largest absolute value of the reference: relative to the output's scale. */
  readonly maxRel: number;
  /** Cosine of the angle between the two, all samples as one vector; 1 when both are zero. */
  readonly cosine: number;
  /** Share of rows whose largest entry is the same; absent where there is nothing to choose. */
  readonly top1?: number;
  /** Elements that are NaN or infinite on one side only, or unequal where only equality makes sense. */
  readonly mismatches: number;
  readonly passed: boolean;
};

export type Parity = Omit<OutputParity, 'name'> & {
  /** Rows the models were run on. */
  readonly samples: number;
  readonly tolerance: number;
  readonly outputs: readonly OutputParity[];
};

/**
 * Runs both on every set of feeds and compares output by output, in order; the names of the candidate's outputs may
 * differ, not their number. NaN equals NaN.
 */
export async function compare(
  reference: Session,
  candidate: Session,
  feedsList: readonly Feeds[],
  tolerance = DEFAULT_TOLERANCE,
): Promise<Parity> {
  const expected = await runAll(reference, feedsList);
  const actual = await runAll(candidate, feedsList, { named: reference });
  const samples = feedsList.reduce((sum, feeds) => sum + rowsOf(reference.inputs, feeds), 0);
  return compareOutputs(expected, actual, samples, tolerance);
}

/**
 * The outputs for every set of feeds, in the order of the session's outputs, as [name, one tensor per set].
 * `named`: the session whose input names the feeds have. `signal` is looked at between two sets.
 */
export async function runAll(
  session: Session,
  feedsList: readonly Feeds[],
  { named = session, signal }: { readonly named?: Session; readonly signal?: AbortSignal } = {},
): Promise<Map<string, Tensor[]>> {
  const results = new Map<string, Tensor[]>(session.outputs.map(({ name }) => [name, []]));
  for (const feeds of feedsList) {
    signal?.throwIfAborted();
    const outputs = await session.run(session === named ? feeds : renamed(feeds, named, session));
    for (const [name, list] of results) if (outputs[name]) list.push(outputs[name]);
  }
  return results;
}

/** Feeds under the names of another session: the same name where it has one, otherwise the same position. */
function renamed(feeds: Feeds, from: Session, to: Session): Feeds {
  const names = new Set(to.inputs.map(({ name }) => name));
  return Object.fromEntries(
    from.inputs.flatMap(({ name }, index) => {
      const target = names.has(name) ? name : to.inputs[index]?.name;
      const tensor = feeds[name];
      return target === undefined || tensor === undefined ? [] : [[target, tensor]];
    }),
  );
}

export function compareOutputs(
  expected: ReadonlyMap<string, readonly Tensor[]>,
  actual: ReadonlyMap<string, readonly Tensor[]>,
  samples: number,
  tolerance: number,
): Parity {
  const others = [...actual.values()];
  const outputs = [...expected].map(([name, tensors], index) =>
    compareOutput(name, tensors, actual.get(name) ?? others[index] ?? [], tolerance),
  );
  const top1 = outputs.flatMap((output) => output.top1 ?? []);
  return {
    maxAbs: Math.max(0, ...outputs.map((output) => output.maxAbs)),
    maxRel: Math.max(0, ...outputs.map((output) => output.maxRel)),
    cosine: Math.min(1, ...outputs.map((output) => output.cosine)),
    ...(top1.length > 0 ? { top1: Math.min(...top1) } : {}),
    mismatches: outputs.reduce((sum, output) => sum + output.mismatches, 0),
    passed: outputs.length > 0 && outputs.every((output) => output.passed),
    samples,
    tolerance,
    outputs,
  };
}

/** One output over all sets of feeds. */
export function compareOutput(
  name: string,
  expected: readonly Tensor[],
  actual: readonly Tensor[],
  tolerance: number,
): OutputParity {
  const sums: Sums = { maxAbs: 0, scale: 0, dot: 0, left: 0, right: 0, mismatches: 0, rows: 0, agreeing: 0 };
  for (const [index, tensor] of expected.entries()) addTensor(tensor, actual[index], sums);
  const { maxAbs, scale, dot, left, right, mismatches, rows, agreeing } = sums;
  const maxRel = maxAbs === 0 ? 0 : maxAbs / (scale || 1);
  const cosine =
    left === 0 && right === 0 ? 1 : left === 0 || right === 0 ? 0 : dot / Math.sqrt(left * right);
  return {
    name,
    maxAbs,
    maxRel,
    cosine: Math.min(1, cosine),
    ...(rows > 0 ? { top1: agreeing / rows } : {}),
    mismatches,
    passed: mismatches === 0 && maxRel <= tolerance,
  };
}

type Sums = {
  maxAbs: number;
  scale: number;
  dot: number;
  left: number;
  right: number;
  mismatches: number;
  rows: number;
  agreeing: number;
};

function addTensor(expected: Tensor, actual: Tensor | undefined, sums: Sums): void {
  const count = elementCount(expected.dims);
  if (!actual || String(actual.dims) !== String(expected.dims)) {
    sums.mismatches += Math.max(1, count);
    return;
  }
  const a = numbersOf(expected);
  const b = numbersOf(actual);
  if (!a || !b) {
    for (let i = 0; i < expected.data.length; i++) if (expected.data[i] !== actual.data[i]) sums.mismatches++;
    return;
  }
  for (let i = 0; i < a.length; i++) addElement(a[i] ?? 0, b[i] ?? 0, sums);
  const classes = expected.dims.at(-1) ?? 0;
  if (isFloat(expected.dtype) && expected.dims.length >= 2 && classes > 1) addRows(a, b, classes, sums);
}

function addElement(a: number, b: number, sums: Sums): void {
  if (!Number.isFinite(a) || !Number.isFinite(b)) {
    if (!Object.is(a, b)) sums.mismatches++;
    return;
  }
  const difference = Math.abs(a - b);
  if (difference > sums.maxAbs) sums.maxAbs = difference;
  if (Math.abs(a) > sums.scale) sums.scale = Math.abs(a);
  sums.dot += a * b;
  sums.left += a * a;
  sums.right += b * b;
}

function addRows(a: ArrayLike<number>, b: ArrayLike<number>, classes: number, sums: Sums): void {
  for (let start = 0; start + classes <= a.length; start += classes) {
    sums.rows++;
    if (largest(a, start, classes) === largest(b, start, classes)) sums.agreeing++;
  }
}

function largest(values: ArrayLike<number>, start: number, count: number): number {
  let best = start;
  for (let i = start + 1; i < start + count; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
