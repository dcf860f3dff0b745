// Which nodes have to stay in float32 for the outputs to stay within tolerance: the fewest we can find in a bounded
// number of runs.

import type { Step } from '../../context.ts';

/** Runs spent on finding out who it is; after that, whole groups are kept. */
const MOST_RUNS = 48;
const FIRST_GROUPS = 8;

/** The error at the outputs, relative to their scale, when exactly these nodes stay in float32. */
export type Measure = (keep: ReadonlySet<string>) => Promise<number>;

/** Nodes to keep, each with the error that it, or the group it was kept with, causes alone. */
export type Culprits = ReadonlyMap<string, number>;

/**
 * Best first: of the groups of neighbours, the one that causes the largest error alone is halved, until it is one node.
 * That one is kept, and so on until the rest is within `limit`.
 *
 * @example
 * const culprits = await findCulprits(['conv1', 'exp', 'conv2'], measure, 1e-2);
 */
export async function findCulprits(
  nodes: readonly string[],
  measure: Measure,
  limit: number,
  step?: Step,
): Promise<Culprits> {
  const kept = new Map<string, number>();
  let runs = 0;
  const run = async (keep: ReadonlySet<string>): Promise<number> => {
    runs++;
    step?.update(runs);
    return measure(keep);
  };
  const alone = (group: readonly string[]): Promise<number> => {
    const inside = new Set(group);
    return run(new Set(nodes.filter((node) => !inside.has(node))));
  };
  const groups: Group[] = [];
  const add = async (members: readonly string[]): Promise<void> => {
    if (members.length > 0) groups.push({ members, error: await alone(members) });
  };

  let error = await run(new Set());
  if (error <= limit) return kept;
  const size = Math.max(1, Math.ceil(nodes.length / FIRST_GROUPS));
  for (let start = 0; start < nodes.length; start += size) await add(nodes.slice(start, start + size));
  while (error > limit) {
    const worst = takeWorst(groups);
    if (!worst) break;
    const { members } = worst;
    if (members.length > 1 && runs < MOST_RUNS) {
      const half = members.length >> 1;
      await add(members.slice(0, half));
      await add(members.slice(half));
      continue;
    }
    for (const node of members) kept.set(node, worst.error);
    error = await run(new Set(kept.keys()));
  }
  return kept;
}

type Group = { readonly members: readonly string[]; readonly error: number };

/** The first of the largest error. */
function takeWorst(groups: Group[]): Group | undefined {
  let at = 0;
  for (const [index, { error }] of groups.entries()) if (error > (groups[at]?.error ?? 0)) at = index;
  return groups.splice(at, 1)[0];
}
