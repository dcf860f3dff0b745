// Which layer is the first to compute something else, when two graphs give different results.

import type { Model, Node } from '../../graph/model.ts';
import { permute } from '../../graph/rearrange.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { inferTypes } from '../../ops/infer.ts';
import { subgraphs } from '../../ops/subgraphs.ts';
import { openGraph } from '../../runtimes/onnxruntime.ts';
import type { Feeds } from '../../runtimes/session.ts';
import { compareOutput, type OutputParity } from '../parity.ts';
import { findPoints, type Point, type Points } from './points.ts';
import { elements } from './workload.ts';

export type Divergence = {
  /** Path of the layer; null when the reader knows no layers. */
  readonly layer: string | null;
  /** Layers before it that rewriting merged into its operators: the fault may be theirs. */
  readonly fused: readonly string[];
  /** The node of the second graph that makes the value. */
  readonly node: string;
  readonly opType: string;
  /** The value of the first graph that is first to differ. */
  readonly value: string;
  readonly maxAbs: number;
  /** maxAbs over the largest absolute value. */
  readonly maxRel: number;
};

/** Points compared in one round, and bytes their values may take in one run. */
const AT_ONCE = 32;
const MOST_BYTES = 256e6;

/**
 * Runs both graphs and compares the outputs of layers (of nodes where no layers are known) that both have, in whatever
 * order of axes. Large graphs are narrowed down: a few points spread over the graph first, then those between the last
 * that agrees and the first that differs. undefined: all of them agree.
 */
export async function firstDivergence(
  before: Model,
  after: Model,
  feeds: Feeds,
  tolerance: number,
  signal?: AbortSignal,
): Promise<Divergence | undefined> {
  inferTypes(before);
  inferTypes(after);
  const found = findPoints(before, after);
  const compare = comparison(before, after, feeds, tolerance, signal);
  const narrowed = await narrow(found, compare, spread);
  // An error may die out on the way to every point that was looked at: then all are.
  const first = narrowed ?? (await narrow(found, compare, inTurn));
  return first && describe(first.point, first.parity, found, after);
}

type Compare = (points: readonly Point[]) => Promise<readonly OutputParity[]>;

type Differing = { readonly point: Point; readonly parity: OutputParity };

async function narrow(
  { points, makers }: Points,
  compare: Compare,
  choose: (candidates: readonly Point[]) => readonly (readonly Point[])[],
): Promise<Differing | undefined> {
  let candidates = points;
  let first: Differing | undefined;
  for (;;) {
    let differing: Differing | undefined;
    const agreeing: Point[] = [];
    for (const probes of choose(candidates)) {
      const parities = await compare(probes);
      const at = parities.findIndex(({ passed }) => !passed);
      agreeing.push(...(at < 0 ? probes : probes.slice(0, at)));
      const [point, parity] = [probes[at], parities[at]];
      if (point && parity) differing = { point, parity };
      if (differing) break;
    }
    if (!differing) return first;
    first = differing;
    const before = ancestors([first.point.value], makers);
    const settled = ancestors(
      agreeing.filter(({ value }) => before.has(value)).map(({ value }) => value),
      makers,
    );
    candidates = candidates.filter(
      ({ value }) => value !== first?.point.value && before.has(value) && !settled.has(value),
    );
    if (candidates.length === 0) return first;
  }
}

/** So many, evenly spread, the last one included. */
function spread(candidates: readonly Point[]): readonly (readonly Point[])[] {
  const count = Math.min(AT_ONCE, candidates.length);
  const probes = Array.from(
    { length: count },
    (_, index) => candidates[Math.ceil(((index + 1) * candidates.length) / count) - 1],
  );
  return [probes.filter((point) => point !== undefined)];
}

function inTurn(candidates: readonly Point[]): readonly (readonly Point[])[] {
  return Array.from({ length: Math.ceil(candidates.length / AT_ONCE) }, (_, index) =>
    candidates.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
}

/** The values, and all that they are computed from. */
function ancestors(values: readonly string[], makers: ReadonlyMap<string, Node>): Set<string> {
  const found = new Set(values);
  for (const value of found) for (const input of readBy(makers.get(value))) found.add(input);
  return found;
}

/** What a node reads, graphs inside it included. */
function readBy(node: Node | undefined): string[] {
  if (!node) return [];
  const inside = subgraphs(node).flatMap(({ nodes }) => nodes.flatMap(readBy));
  return [...node.inputs, ...inside].filter((input) => input !== '');
}

function comparison(
  before: Model,
  after: Model,
  feeds: Feeds,
  tolerance: number,
  signal: AbortSignal | undefined,
): Compare {
  const known = new Map<string, OutputParity>();
  const renamed = feedsFor(after, feeds);
  const rows = Math.max(1, ...Object.values(feeds).map(({ dims }) => dims[0] ?? 1));
  const run = async (points: readonly Point[]) => {
    signal?.throwIfAborted();
    const left = await runExposed(
      before,
      points.map(({ value }) => value),
      feeds,
    );
    const right = await runExposed(
      after,
      points.map(({ counterpart }) => counterpart),
      renamed,
    );
    for (const point of points) {
      const [expected, actual] = [left[point.value], right[point.counterpart]];
      if (expected && actual) known.set(point.value, closest(point, expected, actual, tolerance));
    }
  };
  return async (points) => {
    let bytes = 0;
    let part: Point[] = [];
    for (const point of points) {
      if (known.has(point.value)) continue;
      const size = 8 * rows * elements(before.graph, point.value);
      if (part.length > 0 && bytes + size > MOST_BYTES) {
        await run(part);
        part = [];
        bytes = 0;
      }
      part.push(point);
      bytes += size;
    }
    if (part.length > 0) await run(part);
    return points.map(({ value }) => known.get(value) ?? agreed(value));
  };
}

/** Nothing could be compared: no reason to say that it differs. */
function agreed(name: string): OutputParity {
  return { name, maxAbs: 0, maxRel: 0, cosine: 1, mismatches: 0, passed: true };
}

function closest({ value, perms }: Point, expected: Tensor, actual: Tensor, tolerance: number): OutputParity {
  const orders = perms.length > 0 ? perms.map((perm) => permute(expected, perm)) : [expected];
  const found = orders.map((tensor) => compareOutput(value, [tensor], [actual], tolerance));
  return found.reduce((best, other) =>
    other.mismatches < best.mismatches || (other.mismatches === best.mismatches && other.maxAbs < best.maxAbs)
      ? other
      : best,
  );
}

/** A format that renames inputs keeps their order. */
function feedsFor({ graph }: Model, feeds: Feeds): Feeds {
  const nameOf = (name: string, index: number) =>
    graph.inputs.includes(name) ? name : (graph.inputs[index] ?? name);
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor], index) => [nameOf(name, index), tensor]),
  );
}

function describe(
  { value, counterpart, name, isLayer }: Point,
  { maxAbs, maxRel }: OutputParity,
  { points, unmatched, makers }: Points,
  after: Model,
): Divergence {
  // Between this point and those before it: what the second graph has no value of its own for.
  const compared = new Set(points.map((point) => point.value));
  const between = new Set([value]);
  for (const at of between) {
    if (at !== value && compared.has(at)) continue;
    for (const input of readBy(makers.get(at))) between.add(input);
  }
  const fused = [...between]
    .filter((at) => computes(at, (input) => unmatched.has(input) || compared.has(input), makers))
    .flatMap((at) => unmatched.get(at) ?? [])
    .filter((other) => other !== name);
  const maker = after.graph.nodes.find((node) => node.outputs.includes(counterpart));
  return {
    layer: isLayer ? name : null,
    fused: isLayer ? [...new Set(fused)].reverse() : [],
    node: maker?.name || counterpart,
    opType: maker?.opType ?? '',
    value,
    maxAbs,
    maxRel,
  };
}

/** Whether there is arithmetic between the value and the layers before it. A layer without cannot be at fault. */
function computes(
  value: string,
  isLayer: (value: string) => boolean,
  makers: ReadonlyMap<string, Node>,
): boolean {
  for (let at = value; ; ) {
    const maker = makers.get(at);
    if (maker && !onlyMoves.has(maker.opType)) return true;
    at = maker?.inputs[0] ?? '';
    if (at === '' || isLayer(at)) return false;
  }
}

const onlyMoves = new Set(['Identity', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

async function runExposed(
  model: Model,
  names: readonly string[],
  feeds: Feeds,
): Promise<Readonly<Record<string, Tensor>>> {
  const outputs = [...new Set([...names, ...model.graph.outputs])];
  const session = await openGraph({ ...model, graph: { ...model.graph, outputs } }, { optimize: false });
  try {
    return await session.run(feeds, names);
  } finally {
    await session.release();
  }
}
