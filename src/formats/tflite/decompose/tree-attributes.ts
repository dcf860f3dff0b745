// Reads the two ways in which ONNX states trees: lists of nodes that name one another (TreeEnsembleRegressor and
// -Classifier), and tables of questions and of leaves (TreeEnsemble).

import type { Build } from '../rewrite/build.ts';
import { leaf, type Mode, type Question, question, type Trees, trees } from './tree-tables.ts';

export type Ensemble = {
  readonly trees: Trees;
  readonly targets: number;
  /** [leaves, targets]. */
  readonly weights: Float32Array;
  /** Whether a leaf has no weight for some target. */
  readonly isSparse: boolean;
  /** Whether every row gets a weight for every target: some tree has one at each of its leaves. */
  readonly isCertain: boolean;
  readonly aggregate: string;
  readonly base: readonly number[];
  readonly transform: string;
};

const MOST_WEIGHTS = 2 ** 26;

export function readNodes(build: Build, prefix: 'class' | 'target', targets: number): Ensemble {
  const list = (name: string) => build.numbers(name);
  const [treeIds, nodeIds, features] = [
    list('nodes_treeids'),
    list('nodes_nodeids'),
    list('nodes_featureids'),
  ];
  const modes = build.words('nodes_modes');
  const values = numbers(build, 'nodes_values');
  const [ways, others] = [list('nodes_truenodeids'), list('nodes_falsenodeids')];
  const tracks = list('nodes_missing_value_tracks_true');
  const keyOf = (tree: number | undefined, node: number | undefined) => `${tree} ${node}`;
  const count = nodeIds.length;
  if ([treeIds, features, modes, values, ways, others].some(({ length }) => length !== count))
    return build.refuse('lists of unequal length');

  // Leaves get the first rows.
  const rowOf = new Map<string, number>();
  const isLeaf = modes.map((mode) => mode === 'LEAF');
  const leaves = isLeaf.filter(Boolean).length;
  let [nextLeaf, nextQuestion] = [0, leaves];
  const roots = new Map<number, number>();
  for (let at = 0; at < count; at++) {
    const row = isLeaf[at] ? nextLeaf++ : nextQuestion++;
    rowOf.set(keyOf(treeIds[at], nodeIds[at]), row);
    const tree = treeIds[at] ?? 0;
    if (!roots.has(tree)) roots.set(tree, row);
  }
  if (rowOf.size !== count) return build.refuse('two nodes of one name');
  const rows: Question[] = Array.from({ length: leaves }, (_, row) => leaf(row));
  for (let at = 0; at < count; at++) {
    if (isLeaf[at]) continue;
    const mode = modeOf(build, modes[at]?.replace('BRANCH_', '') ?? '');
    const targetsOf = [ways, others].map((side) => rowOf.get(keyOf(treeIds[at], side[at])) ?? -1);
    const [yes = -1, no = -1] = targetsOf;
    rows.push(question(mode, features[at] ?? 0, values[at] ?? 0, [yes, no], tracks[at] === 1));
  }
  const made = trees(build, rows, leaves, [...roots.values()]);

  const weights = numbers(build, `${prefix}_weights`);
  const [ids, atTrees, atNodes] = [
    list(`${prefix}_ids`),
    list(`${prefix}_treeids`),
    list(`${prefix}_nodeids`),
  ];
  if ([ids, atTrees, atNodes].some(({ length }) => length !== weights.length))
    return build.refuse('lists of unequal length');
  const treeOf = treeIds.filter((_, at) => isLeaf[at]);
  const table = tableOf(build, treeOf, targets);
  for (const [at, weight] of weights.entries()) {
    const row = rowOf.get(keyOf(atTrees[at], atNodes[at]));
    if (row === undefined || row >= leaves) return build.refuse('weights of a node that is no leaf');
    table.add(row, ids[at] ?? 0, weight);
  }
  return {
    trees: made,
    targets,
    ...table.finished(),
    aggregate: build.attribute('aggregate_function', 'SUM'),
    base: numbers(build, 'base_values'),
    transform: build.attribute('post_transform', 'NONE'),
  };
}

const modeNames = ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ', 'MEMBER'] as const;
const aggregates = ['AVERAGE', 'SUM', 'MIN', 'MAX'];
const transforms = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

export function readTables(build: Build, targets: number): Ensemble {
  const list = (name: string) => build.numbers(name);
  const features = list('nodes_featureids');
  const values = numbers(build, 'nodes_splits');
  const modes = numbers(build, 'nodes_modes').map((mode) => modeNames[mode] ?? '');
  const [ways, others] = [list('nodes_truenodeids'), list('nodes_falsenodeids')];
  const [areLeaves, otherLeaves] = [list('nodes_trueleafs'), list('nodes_falseleafs')];
  const tracks = list('nodes_missing_value_tracks_true');
  const count = features.length;
  if ([values, modes, ways, others, areLeaves, otherLeaves].some(({ length }) => length !== count))
    return build.refuse('lists of unequal length');
  const weights = numbers(build, 'leaf_weights');
  const ids = list('leaf_targetids');
  const leaves = weights.length;
  if (ids.length !== leaves) return build.refuse('lists of unequal length');
  const sets = membersOf(numbers(build, 'membership_values'));
  const rows: Question[] = [
    ...Array.from({ length: leaves }, (_, row) => leaf(row)),
    ...Array.from({ length: count }, (_, row) => leaf(row)),
  ];
  for (let at = 0; at < count; at++) {
    const [yes = -1, no = -1] = [
      areLeaves[at] === 1 ? ways[at] : (ways[at] ?? 0) + leaves,
      otherLeaves[at] === 1 ? others[at] : (others[at] ?? 0) + leaves,
    ];
    const feature = features[at] ?? 0;
    const isTracked = tracks[at] === 1;
    const row = leaves + at;
    if (modes[at] !== 'MEMBER') {
      rows[row] = question(modeOf(build, modes[at] ?? ''), feature, values[at] ?? 0, [yes, no], isTracked);
      continue;
    }
    // One question for each member; the first stands where the node does.
    const members = sets.shift() ?? [];
    let next = no;
    for (const member of members.slice(1))
      next = rows.push(question('EQ', feature, member, [yes, next], false)) - 1;
    rows[row] = question('EQ', feature, members[0] ?? Number.NaN, [yes, next], isTracked);
  }
  const roots = list('tree_roots').map((root) => root + leaves);
  const table = tableOf(build, new Array<number>(leaves).fill(0), targets);
  for (const [row, weight] of weights.entries()) table.add(row, ids[row] ?? 0, weight);
  return {
    trees: trees(build, rows, leaves, roots),
    targets,
    ...table.finished(),
    aggregate: aggregates[build.attribute('aggregate_function', 1)] ?? '',
    base: [],
    transform: transforms[build.attribute('post_transform', 0)] ?? '',
  };
}

/** Sets follow one another, a NaN after each. */
function membersOf(values: readonly number[]): number[][] {
  const sets: number[][] = [[]];
  for (const value of values) {
    if (Number.isNaN(value)) sets.push([]);
    else sets.at(-1)?.push(value);
  }
  return sets;
}

/** `treeOf`: the tree of each leaf. */
function tableOf(build: Build, treeOf: readonly number[], targets: number) {
  const leaves = treeOf.length;
  const size = leaves * targets;
  if (!Number.isSafeInteger(targets) || targets < 1 || size > MOST_WEIGHTS)
    return build.refuse(`${leaves} leaves of ${targets} weights`);
  const weights = new Float32Array(size);
  const isStated = new Uint8Array(size);
  return {
    add(leaf: number, target: number, weight: number): void {
      if (!(target >= 0 && target < targets)) build.refuse(`a weight for score ${target} of ${targets}`);
      const at = leaf * targets + target;
      weights[at] = (weights[at] ?? 0) + weight;
      isStated[at] = 1;
    },
    finished() {
      const leavesOf = new Map<number, number>();
      const statedOf = new Map<string, number>();
      const certain = new Set<number>();
      for (const tree of treeOf) leavesOf.set(tree, (leavesOf.get(tree) ?? 0) + 1);
      for (const [at, stated] of isStated.entries()) {
        const [tree = 0, target] = [treeOf[Math.floor(at / targets)], at % targets];
        const count = (statedOf.get(`${tree} ${target}`) ?? 0) + stated;
        statedOf.set(`${tree} ${target}`, count);
        if (count === leavesOf.get(tree)) certain.add(target);
      }
      return { weights, isSparse: isStated.includes(0), isCertain: certain.size === targets };
    },
  };
}

function modeOf(build: Build, name: string): Mode {
  const mode = modeNames.find((each) => each === name);
  return mode === undefined || mode === 'MEMBER' ? build.refuse(`questions of the kind ${name}`) : mode;
}

/** A list of numbers, stated as one or as a tensor. */
function numbers(build: Build, name: string): readonly number[] {
  const { attributes } = build.node;
  const held = attributes.get(`${name}_as_tensor`) ?? attributes.get(name);
  if (held?.type === 'tensor') return Array.from(held.value.data as ArrayLike<number | bigint>, Number);
  return build.numbers(name);
}
