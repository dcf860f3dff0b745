// What models of scikit-learn's kind do with their scores: the transforms they end with, and the label of the best.
// https://onnx.ai/onnx/operators/onnx_aionnxml_LinearClassifier.html (post_transform)

import { int64 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import { cast } from '../rewrite/formula.ts';

/** Numbers of any type as float32; `like` where the value has been made just now. */
export function inFloat32(build: Build, value: string, like = value): string {
  return build.dtype(like) === 'float32' ? value : cast(build, value, 'float32');
}

/** The rows of numbers a model looks at: a list of numbers is one row. */
export function rowsOf(build: Build, x: string): string {
  const { length } = build.shape(x);
  if (length > 2) return build.refuse('more than two axes');
  return inFloat32(build, length === 1 ? build.reshape(x, [1, -1]) : x, x);
}

const constant = (build: Build, value: number) => build.floats([], [value]);

/** Scores as the operator gives them: a single one as it is, as onnxruntime has it. */
export function transformed(
  build: Build,
  scores: string,
  columns: number,
  name = build.attribute('post_transform', 'NONE'),
): string {
  switch (columns === 1 && name !== 'PROBIT' ? 'NONE' : name) {
    case 'NONE':
      return scores;
    case 'LOGISTIC':
      return build.add('Sigmoid', [scores]);
    case 'SOFTMAX':
      return build.add('Softmax', [scores], { axis: -1 });
    case 'SOFTMAX_ZERO': {
      // Scores of nothing stay nothing.
      const most = build.add('ReduceMax', [scores, build.ints([-1])], { keepdims: 1 });
      const powers = build.add('Exp', [build.add('Sub', [scores, most])]);
      const isThere = build.add('Greater', [build.add('Abs', [scores]), constant(build, 1e-7)]);
      const kept = build.add('Where', [isThere, powers, constant(build, 0)]);
      return build.add('Div', [kept, build.add('ReduceSum', [kept, build.ints([-1])], { keepdims: 1 })]);
    }
    default:
      return build.refuse(`the transform ${name}`);
  }
}

/** One score as two: of the second class, and what `opposite` makes of it for the first. */
export function paired(build: Build, score: string, opposite: 'remainder' | 'negative'): string {
  const name = build.attribute('post_transform', 'NONE');
  if (name === 'PROBIT') return build.refuse(`the transform ${name}`);
  const isLogistic = name === 'LOGISTIC';
  const other =
    isLogistic || opposite === 'negative'
      ? build.add('Neg', [score])
      : build.add('Sub', [constant(build, 1), score]);
  const pair = build.add('Concat', [other, score], { axis: 1 });
  return isLogistic ? build.add('Sigmoid', [pair]) : pair;
}

/** The label of two that a score says: the second above `limit`. */
export function labelAbove(build: Build, labels: readonly number[], score: string, limit: number): string {
  const [low = 0, high = 0] = labels;
  const isAbove = build.add('Greater', [build.reshape(score, [-1]), constant(build, limit)]);
  const [second, first] = [high, low].map((label) => build.constant(int64([label]), 'label'));
  return build.add('Where', [isAbove, second ?? '', first ?? '']);
}

/** The labels of a classifier, and how to say which; undefined where nothing reads them. */
export function labelsOf(build: Build, names: readonly string[]): readonly number[] | undefined {
  if (!build.isRead(0)) return undefined;
  for (const name of names) {
    const found = build.numbers(name);
    if (found.length > 0) return found;
  }
  return refuseLabels(build, 'its labels are text');
}

export function refuseLabels(build: Build, reason: string): never {
  return build.refuse(`${reason}; --outputs ${scoresOf(build)} leaves them out`);
}

/** The value that the model gives its scores as. */
function scoresOf({ node, rewriter }: Build): string {
  let scores = node.outputs[1] ?? '';
  for (let user = rewriter.onlyUser(scores); user?.outputs.length === 1; user = rewriter.onlyUser(scores))
    [scores = ''] = user.outputs;
  return scores;
}

/** The label of the largest score of each row, the first of equal ones. */
export function labelOfLargest(build: Build, labels: readonly number[], scores: string): string {
  const places = build.add('ArgMax', [scores], { axis: 1, keepdims: 0 });
  return build.pick(build.constant(int64(labels), 'labels'), places);
}
