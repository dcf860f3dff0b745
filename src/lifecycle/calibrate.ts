// Runs a graph and looks at what its values hold: what ranges for smaller numbers are chosen by.

import type { Context } from '../context.ts';
import type { Model, TensorType } from '../graph/model.ts';
import { inferTypes } from '../ops/infer.ts';
import { type Observed, Observer } from '../passes/quantize/calibration/observed.ts';
import type { Feeds } from '../runtimes/session.ts';
import { numbersOf } from './convert/numbers.ts';
import { openAsRead } from './convert/verify.ts';

export type ObserveOptions = {
  /** Which values; every float32 tensor that the main graph takes or makes when absent. */
  readonly values?: readonly string[];
  /** Also count elements in a histogram (CalibrationMethod.needsHistogram). */
  readonly histogram?: boolean;
};

/** Results of one run are in memory together: at most so many, and by estimate so many bytes. */
const MOST_AT_ONCE = 32;
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Runs the graph on all feeds, unoptimized, and sums up each value. The feeds are gone through several times, some
 * values at a time, so that memory stays bounded whatever the size of the graph: `feeds` is an array, or makes its
 * batches anew each time. Values the runtime does not give are left out.
 *
 * @example
 * const seen = await observe(model, [{ x: float32([1, 4], [1, 2, 3, 4]) }], { histogram: true }, context);
 * seen.get('dense/Relu')?.max;
 */
export async function observe(
  model: Model,
  feeds: Iterable<Feeds>,
  options: ObserveOptions,
  context: Context,
): Promise<Map<string, Observed>> {
  inferTypes(model);
  const wanted = options.values ?? floatValues(model);
  const inputs = new Set(model.graph.inputs);
  const settings = { histogram: options.histogram ?? false };
  const observers = new Map(wanted.map((value) => [value, new Observer(settings)]));
  const groups = grouped(
    model,
    wanted.filter((value) => !inputs.has(value)),
    feeds,
  );
  const step = context.progress.step('Observing the values of the graph');
  try {
    let isFirst = true;
    for (const [index, group] of groups.entries()) {
      step.update(index, groups.length);
      await observeGroup(model, group, feeds, observers, isFirst ? inputs : new Set(), context);
      isFirst = false;
    }
  } finally {
    step.end();
  }
  const seen = [...observers].map(([value, observer]) => [value, observer.observed] as const);
  return new Map(seen.filter(([, { count }]) => count > 0));
}

/** Inputs and outputs of nodes of the main graph that are float32 and not constant, in the order they are made. */
export function floatValues({ graph }: Model): string[] {
  const values = [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)];
  return values.filter((value) => {
    const type = graph.types.get(value);
    return value !== '' && type?.kind === 'tensor' && type.dtype === 'float32';
  });
}

async function observeGroup(
  model: Model,
  group: readonly string[],
  feeds: Iterable<Feeds>,
  observers: ReadonlyMap<string, Observer>,
  inputs: ReadonlySet<string>,
  context: Context,
): Promise<void> {
  // The outputs of the graph stay: a group may be empty, a session may not.
  const outputs = [...new Set([...group, ...model.graph.outputs])];
  const exposed = { ...model, graph: { ...model.graph, outputs } };
  const { session, close } = await openAsRead(exposed, context);
  const add = (value: string, results: Feeds) => {
    const tensor = results[value];
    const numbers = tensor && numbersOf(tensor);
    if (numbers) observers.get(value)?.add(numbers);
  };
  try {
    for (const set of feeds) {
      context.signal.throwIfAborted();
      for (const value of inputs) add(value, set);
      if (group.length === 0) continue;
      const results = await session.run(set, group);
      for (const value of group) add(value, results);
    }
  } finally {
    await close();
  }
}

/** Values whose results fit in memory together, by estimate. At least one group. */
function grouped(model: Model, values: readonly string[], feeds: Iterable<Feeds>): string[][] {
  const lengths = symbolsOf(model, feeds);
  const groups: string[][] = [];
  let group: string[] = [];
  let bytes = 0;
  for (const value of values) {
    const size = estimate(model.graph.types.get(value) as TensorType | undefined, lengths);
    if (group.length > 0 && (group.length >= MOST_AT_ONCE || bytes + size > MOST_BYTES)) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(value);
    bytes += size;
  }
  groups.push(group);
  return groups;
}

/** Lengths of the symbolic axes of the inputs, as the first feeds have them. */
function symbolsOf({ graph }: Model, feeds: Iterable<Feeds>): Map<string, number> {
  const lengths = new Map<string, number>();
  const [first = {}] = feeds;
  for (const input of graph.inputs) {
    const type = graph.types.get(input);
    if (type?.kind !== 'tensor') continue;
    for (const [axis, dim] of (type.shape ?? []).entries()) {
      if (typeof dim === 'string') lengths.set(dim, first[input]?.dims[axis] ?? 1);
    }
  }
  return lengths;
}

function estimate(type: TensorType | undefined, lengths: ReadonlyMap<string, number>): number {
  let count = 1;
  for (const dim of type?.shape ?? []) {
    count *= typeof dim === 'number' ? dim : ((dim === null ? undefined : lengths.get(dim)) ?? 16);
  }
  return count * 4;
}
