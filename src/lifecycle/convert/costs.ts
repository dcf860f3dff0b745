// What each layer costs that is computed on whole numbers: the model is written with one layer after the other left in
// float32 and run on some of the rows it was calibrated on. Rows and runs are bounded by what they take to compute.

import type { Context } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';
import type { Feeds, Session } from '../../runtimes/session.ts';
import { runAll } from '../parity.ts';
import { rowsOf } from '../sample-inputs.ts';
import { type Costs, findCostly, type Unit } from './costly.ts';
import { collectGarbage, LARGE_BYTES, weightBytes } from './memory.ts';
import { numbersOf } from './numbers.ts';
import { elements, stepsOfAll } from './workload.ts';

export type MeasuredCosts = Costs & {
  /** Of calibration data; what the errors were measured on. */
  readonly rows: number;
};

const MOST_RUNS = 64;
const FEWEST_RUNS = 8;
const MOST_ROWS = 64;
/** Multiplications of all runs together: some seconds. */
const MOST_STEPS = 100e9;
/** A weight is rounded and copied for every run, an element of a value rounded for every row. */
const STEPS_PER_WEIGHT = 200;
const STEPS_PER_ELEMENT = 20;

/**
 * `units`: nodes that are computed as one. `without` leaves nodes of these names in float32. undefined: a single run takes
 * too long to do it often, or the runtime does not run the graph.
 */
export async function measureCosts(
  model: Model,
  units: readonly (readonly string[])[],
  without: (nodes: ReadonlySet<string>) => Model,
  feeds: readonly Feeds[],
  context: Context,
): Promise<MeasuredCosts | undefined> {
  const bytes = weightBytes(model);
  const perRun = STEPS_PER_WEIGHT * (bytes / 4);
  const perRow = stepsOfAll(model) + STEPS_PER_ELEMENT * elementsOf(model);
  const runs = Math.min(MOST_RUNS, Math.floor(MOST_STEPS / (perRun + perRow)));
  if (runs < FEWEST_RUNS) return undefined;
  const room = Math.floor((MOST_STEPS / runs - perRun) / perRow);
  const step = context.progress.step('Looking for the layers that cost most');
  try {
    const { taken, rows } = takeRows(model, feeds, Math.min(MOST_ROWS, room));
    const answers = (other: Model) =>
      withSession(other, (session) => runAll(session, taken, { signal: context.signal }));
    const expected = await answers(model);
    const measure = async (keep: ReadonlySet<string>): Promise<number> => {
      context.signal.throwIfAborted();
      if (bytes > LARGE_BYTES) collectGarbage();
      const actual = await answers(without(keep)).catch(refused);
      return actual ? distance(expected, actual) : Number.POSITIVE_INFINITY;
    };
    return { ...(await findCostly(connect(model, units), measure, runs, step)), rows };
  } finally {
    step.end();
  }
}

/** The runtime refuses this mixture of types: another may do. */
function refused(cause: unknown): undefined {
  if (!(cause instanceof MlctlError) || cause.code !== 'RUNTIME_FAILED') throw cause;
}

async function withSession<T>(model: Model, use: (session: Session) => Promise<T>): Promise<T> {
  const { openGraph } = await import('../../runtimes/onnxruntime.ts');
  const session = await openGraph(model);
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/** Who reads what whom makes. */
function connect({ graph }: Model, units: readonly (readonly string[])[]): Unit[] {
  const found = units.map((nodes) => ({ nodes, readers: [] as Unit[] }));
  const unitOf = new Map(found.flatMap((unit) => unit.nodes.map((name) => [name, unit] as const)));
  const makers = new Map(
    graph.nodes.flatMap(({ name, outputs }) => outputs.map((output) => [output, unitOf.get(name)] as const)),
  );
  for (const { name, inputs } of graph.nodes) {
    const reader = unitOf.get(name);
    for (const input of inputs) {
      const maker = makers.get(input);
      if (reader && maker && maker !== reader && !maker.readers.includes(reader)) maker.readers.push(reader);
    }
  }
  return found;
}

/** Of every value that is computed, per row. */
function elementsOf({ graph }: Model): number {
  let sum = 0;
  for (const { outputs } of graph.nodes) {
    for (const output of outputs) {
      sum += elements(graph, output);
    }
  }
  return sum;
}

/** About so many rows, a few of each batch: files are often sorted. Batches of fixed length are taken whole. */
function takeRows(model: Model, feeds: readonly Feeds[], most: number): { taken: Feeds[]; rows: number } {
  const inputs = model.graph.inputs.flatMap((name) => {
    const type = model.graph.types.get(name);
    return type?.kind === 'tensor' ? [{ name, dtype: type.dtype, shape: type.shape }] : [];
  });
  const areOpen = inputs.every(({ shape }) => shape !== undefined && typeof shape[0] !== 'number');
  const batches = feeds.length <= most ? feeds : spread(feeds, most);
  const each = Math.max(1, Math.floor(most / Math.max(1, batches.length)));
  let rows = 0;
  const taken = batches.map((set) => {
    const all = rowsOf(inputs, set);
    const isCut = areOpen && all > each && Object.values(set).every((tensor) => hasRows(tensor, all));
    rows += isCut ? each : all;
    if (!isCut) return set;
    return Object.fromEntries(Object.entries(set).map(([name, tensor]) => [name, firstRows(tensor, each)]));
  });
  return { taken, rows };
}

function hasRows({ dims, data }: Tensor, rows: number): boolean {
  return dims[0] === rows && data.length === elementCount(dims);
}

function spread<T>(list: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, at) => list[Math.floor((at * list.length) / count)]).filter(
    (each) => each !== undefined,
  );
}

function firstRows(tensor: Tensor, count: number): Tensor {
  const [, ...rest] = tensor.dims;
  return { ...tensor, dims: [count, ...rest], data: tensor.data.slice(0, count * elementCount(rest)) };
}

/** Length of the difference over that of what was expected; over all outputs, of which each counts the same. */
function distance(
  expected: ReadonlyMap<string, readonly Tensor[]>,
  actual: ReadonlyMap<string, readonly Tensor[]>,
): number {
  const squares: number[] = [];
  for (const [name, tensors] of expected) {
    const others = actual.get(name) ?? [];
    let apart = 0;
    let length = 0;
    for (const [index, tensor] of tensors.entries()) {
      const [a, b] = [numbersOf(tensor) ?? [], numbersOf(others[index] ?? tensor) ?? []];
      for (let i = 0; i < a.length; i++) {
        const [x = 0, y = 0] = [a[i], b[i]];
        if (!Number.isFinite(x)) continue;
        apart += (x - y) ** 2;
        length += x ** 2;
      }
    }
    if (length > 0) squares.push(apart / length);
  }
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / Math.max(1, squares.length));
}
