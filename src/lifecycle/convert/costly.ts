// Which layers cost most: of those that are computed on whole numbers, the ones without which the outputs would be closest
// to what they were, found in a bounded number of runs.

import type { Step } from '../../context.ts';

/** The error at the outputs, relative to their scale, when exactly these nodes stay in float32. */
export type Measure = (keep: ReadonlySet<string>) => Promise<number>;

export type Unit = {
  /** Computed as one. */
  readonly nodes: readonly string[];
  /** Those that read what it makes: the value between two has codes as long as either is computed on them. */
  readonly readers: readonly Unit[];
};

/** Nodes, and the error that is left when they alone stay in float32. */
export type Costly = { readonly nodes: readonly string[]; readonly left: number };

export type Costs = { readonly error: number; readonly layers: readonly Costly[] };

const MOST_NAMED = 3;
/** Share of the error that has to go away with a layer, and with each one more that is kept together with it. */
const LEAST_SHARE = 0.05;
/** With an error below, no layer needs to be blamed. */
const NEGLIGIBLE = 0.01;

/**
 * Each layer by itself and together with its readers where `runs` allow; otherwise neighbours together, and the group that
 * is blamed most is halved, until it is one layer, and so on. Worst first; no layer is named twice.
 *
 * @example
 * const { layers } = await findCostly([{ nodes: ['conv1', 'relu1'], readers: [] }], measure, 32);
 */
export async function findCostly(
  units: readonly Unit[],
  measure: Measure,
  runs: number,
  step?: Step,
): Promise<Costs> {
  let done = 0;
  const run = async (members: readonly Unit[]): Promise<Group> => {
    step?.update(done++, runs);
    const nodes = members.flatMap((unit) => unit.nodes);
    return { members, nodes, left: await measure(new Set(nodes)) };
  };
  const { left: error } = await run([]);
  if (!(error > NEGLIGIBLE) || !Number.isFinite(error)) return { error, layers: [] };
  const found: Group[] = [];
  if (2 * units.length < runs) {
    for (const unit of units) {
      found.push(await run([unit]));
      // All of them is no answer.
      const isSome = unit.readers.length > 0 && unit.readers.length + 1 < units.length;
      if (isSome) found.push(await run([unit, ...unit.readers]));
    }
  } else {
    // Half of the runs for a first look, the other half for looking closer.
    const size = Math.ceil((2 * units.length) / runs);
    for (let start = 0; start < units.length && done < runs; start += size)
      found.push(await run(units.slice(start, start + size)));
    while (done + 2 <= runs) {
      const worst = takeWorst(found);
      if (!worst || worst.left > error * (1 - LEAST_SHARE)) break;
      const half = worst.members.length >> 1;
      found.push(await run(worst.members.slice(0, half)), await run(worst.members.slice(half)));
    }
  }
  return { error, layers: choose(found, error * LEAST_SHARE, error) };
}

type Group = Costly & { readonly members: readonly Unit[] };

/** Of groups that can be halved, the first of those that leave least. */
function takeWorst(groups: Group[]): Group | undefined {
  let at = -1;
  for (const [index, { members, left }] of groups.entries())
    if (members.length > 1 && left < (groups[at]?.left ?? Number.POSITIVE_INFINITY)) at = index;
  return at < 0 ? undefined : groups.splice(at, 1)[0];
}

/** Each unit has to be worth `least`. */
function choose(groups: readonly Group[], least: number, error: number): Costly[] {
  const worth = ({ left, members }: Group) => error - left - least * members.length;
  const named = new Set<Unit>();
  const layers: Costly[] = [];
  for (const group of [...groups].sort((a, b) => worth(b) - worth(a))) {
    if (worth(group) < 0 || layers.length === MOST_NAMED) break;
    if (group.members.some((unit) => named.has(unit))) continue;
    for (const unit of group.members) named.add(unit);
    layers.push({ nodes: group.nodes, left: group.left });
  }
  return layers;
}
