// Runs a model a few times as it is loaded, to decide where it runs and how many rows share a run.
// Batching is worth 25× for a tiny network, 5× for a middling one and nothing for a convnet: so it is measured.

import { dtypes } from '../graph/dtype.ts';
import type { Tensor, TypedArray } from '../graph/tensor.ts';
import type { Session } from '../runtimes/session.ts';
import { runOrdered } from './lanes/ordered.ts';
import { hasBatchAxis, isFixed, type Port } from './ports.ts';

export type Measured = {
  /** Requests may share a run: the batch axis is open, and rows were seen not to influence each other. */
  readonly isBatched: boolean;
  readonly maxRows: number;
  /** Milliseconds of one run with one row; undefined when the model could not be run on made-up inputs. */
  readonly runMs: number | undefined;
};

const BATCHES = [2, 4, 8, 16, 32, 64, 128, 256];
/** A batch may take this long, or this much longer than a single row where that is more. */
const MAX_RUN_MS = 2;
const MAX_STRETCH = 4;
/** Gain in rows per second that makes a larger batch worth its latency. */
const GAIN = 1.1;
const BUDGET_MS = 250;

export async function measure(
  session: Session,
  inputs: readonly Port[],
  outputs: readonly Port[],
): Promise<Measured> {
  const run = (feeds: readonly Tensor[]) => runOrdered(session, inputs, outputs, feeds);
  const single = probe(inputs, 1, 1);
  const started = performance.now();
  let runMs: number;
  try {
    await run(single);
    runMs = await timed(() => run(single), 5, started);
  } catch {
    // Made-up inputs do not suit every model; it may still answer real ones.
    return { isBatched: false, maxRows: 1, runMs: undefined };
  }
  if (!hasBatchAxis(inputs, outputs) || !(await hasIndependentRows(run, inputs))) {
    return { isBatched: false, maxRows: 1, runMs };
  }
  let maxRows = 1;
  let best = 1 / runMs;
  for (const rows of BATCHES) {
    if (performance.now() - started > BUDGET_MS) break;
    const feeds = probe(inputs, rows, 1);
    const ms = await timed(() => run(feeds), 3, started);
    if (ms > Math.max(MAX_RUN_MS, runMs * MAX_STRETCH)) break;
    // A size without gain is passed over, not the end: one slow measurement must not decide.
    if (rows / ms < best * GAIN) continue;
    maxRows = rows;
    best = rows / ms;
  }
  return { isBatched: maxRows > 1, maxRows, runMs };
}

/** Least time of a few runs; one when they are slow. */
async function timed(run: () => Promise<unknown>, times: number, started: number): Promise<number> {
  let least = Infinity;
  for (let time = 0; time < times; time++) {
    const from = performance.now();
    await run();
    least = Math.min(least, performance.now() - from);
    if (performance.now() - started > BUDGET_MS) break;
  }
  return least;
}

/**
 * Whether two rows give together what they give alone. A model may have an open first axis and still mix along it: a mean
 * over it, a batch normalisation left in training mode.
 */
async function hasIndependentRows(
  run: (feeds: readonly Tensor[]) => Promise<readonly Tensor[]>,
  inputs: readonly Port[],
): Promise<boolean> {
  const both = probe(inputs, 2, 7);
  const rowOf = (row: number) =>
    both.map(({ dtype, dims, data }) => {
      const size = data.length / 2;
      return { dtype, dims: [1, ...dims.slice(1)], data: data.slice(row * size, (row + 1) * size) };
    });
  try {
    const together = await run(both);
    const alone = [await run(rowOf(0)), await run(rowOf(1))];
    return together.every((output, index) => {
      if (output.dims[0] !== 2) return false;
      const expected = alone.flatMap((outputs) => [...(outputs[index]?.data ?? [])]);
      return isClose(output, expected);
    });
  } catch {
    return false;
  }
}

function isClose({ data }: Tensor, expected: readonly (number | bigint | string)[]): boolean {
  if (data.length !== expected.length) return false;
  let scale = 0;
  for (const value of expected) if (typeof value === 'number') scale = Math.max(scale, Math.abs(value) || 0);
  return expected.every((value, index) => {
    const actual = data[index];
    if (typeof value !== 'number' || typeof actual !== 'number') return actual === value;
    return Object.is(actual, value) || Math.abs(actual - value) <= 1e-4 * scale;
  });
}

/** Inputs that most models accept: numbers in [0, 1), 0 or 1 for integers. Open axes other than the first are 1. */
function probe(inputs: readonly Port[], rows: number, seed: number): Tensor[] {
  let state = seed;
  const random = () => {
    // A linear congruential generator (Numerical Recipes): the same probe every time.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return inputs.map(({ dtype, shape }) => {
    const dims = (shape ?? []).map((dim, axis) => (isFixed(dim) ? dim : axis === 0 ? rows : 1));
    const count = dims.reduce((product, dim) => product * dim, 1);
    const { array } = dtypes[dtype];
    if (array === 'strings') return { dtype, dims, data: Array.from({ length: count }, () => 'a') };
    const data: TypedArray = new array(count);
    for (let index = 0; index < count; index++) {
      const value = random();
      if (dtype === 'float32' || dtype === 'float64') data[index] = value;
      else if (dtype === 'float16') data[index] = 0x3800 + Math.floor(value * 0x400);
      else if (dtype === 'bfloat16') data[index] = 0x3f00 + Math.floor(value * 0x80);
      else if (data instanceof BigInt64Array || data instanceof BigUint64Array)
        data[index] = BigInt(value < 0.5 ? 0 : 1);
      else data[index] = value < 0.5 ? 0 : 1;
    }
    return { dtype, dims, data };
  });
}
