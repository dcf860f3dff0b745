// Forests and boosted trees: the leaf that each tree comes to (tree-walk.ts), and what the leaves weigh together.
// https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html, …TreeEnsembleRegressor, …TreeEnsemble

import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import {
  labelAbove,
  labelOfLargest,
  labelsOf,
  paired,
  refuseLabels,
  rowsOf,
  transformed,
} from './ml-scores.ts';
import { type Ensemble, readNodes, readTables } from './tree-attributes.ts';
import { walk } from './tree-walk.ts';

export default {
  domain: 'ai.onnx.ml',
  opTypes: ['TreeEnsemble', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor'],
  rewrite(node, build) {
    const x = rowsOf(build, build.input(0));
    if (node.opType === 'TreeEnsembleClassifier') return classify(build, x);
    const isNew = node.opType === 'TreeEnsemble';
    const targets = build.attribute('n_targets', 1);
    const ensemble = isNew ? readTables(build, targets) : readNodes(build, 'target', targets);
    const scores = together(build, walk(build, x, ensemble.trees), ensemble);
    return [transformed(build, scores, targets, ensemble.transform)];
  },
} satisfies Rewrite;

/** The weights of the leaves of all trees together, [rows, targets]. */
function together(build: Build, leaves: string, ensemble: Ensemble): string {
  const { targets, weights, aggregate, base, trees } = ensemble;
  const isOne = targets === 1;
  const table = build.constant(float32(isOne ? [trees.leaves] : [trees.leaves, targets], weights), 'weights');
  const found = build.pick(table, leaves);
  const reduce = aggregate === 'MIN' ? 'ReduceMin' : aggregate === 'MAX' ? 'ReduceMax' : 'ReduceSum';
  if (reduce !== 'ReduceSum' && ensemble.isSparse)
    return build.refuse(`leaves without a weight, of which the ${aggregate}`);
  let scores = build.add(reduce, [found, build.ints([1])], { keepdims: isOne ? 1 : 0 });
  if (aggregate === 'AVERAGE')
    scores = build.add('Mul', [scores, build.floats([], [1 / trees.roots.length])]);
  if (base.length === 0 || base.every((value) => value === 0)) return scores;
  if (base.length !== targets) return build.refuse(`${base.length} base values for ${targets} scores`);
  // onnxruntime adds it to what a tree has a weight for.
  if (!ensemble.isCertain) return build.refuse('base values of scores that no leaf may have a weight for');
  return build.add('Add', [scores, build.floats([targets], base)]);
}

function classify(build: Build, x: string): readonly string[] {
  const names = ['classlabels_int64s', 'classlabels_ints'];
  const labels = labelsOf(build, names);
  const words = build.words('classlabels_strings');
  const count = labels?.length ?? (words.length || build.numbers('classlabels_int64s').length);
  const used = new Set(build.numbers('class_ids'));
  if (count === 2 && used.size === 1 && used.has(0)) return classifyTwo(build, x, labels);
  if (count < 2 || used.size < 2) return build.refuse('its only weights are those of one class');
  const ensemble = readNodes(build, 'class', count);
  // onnxruntime looks for the largest among the scores that a leaf has a weight for, and of two at the second only.
  const isPlain = ensemble.isCertain || ensemble.weights.every((weight) => weight >= 0);
  if (labels !== undefined && (count === 2 || !isPlain))
    return refuseLabels(build, 'runtimes do not agree on its labels');
  if (count === 2 && !ensemble.isCertain) return build.refuse('leaves with a weight for one of two classes');
  const scores = together(build, walk(build, x, ensemble.trees), ensemble);
  const label = labels && labelOfLargest(build, labels, scores);
  return [label ?? '', transformed(build, scores, count)];
}

/** One score says which of two: above a half where it is a share of votes, above 0 otherwise. */
function classifyTwo(build: Build, x: string, labels: readonly number[] | undefined): readonly string[] {
  const ensemble = readNodes(build, 'class', 1);
  const isShare = ensemble.weights.every((weight) => weight >= 0);
  const score = together(build, walk(build, x, ensemble.trees), ensemble);
  return [
    labels ? labelAbove(build, labels, score, isShare ? 0.5 : 0) : '',
    paired(build, score, isShare ? 'remainder' : 'negative'),
  ];
}
