// Losses of classifiers as one element picked per row, and what becomes of them all.
// https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html, …SoftmaxCrossEntropyLoss

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { cast, formula } from '../rewrite/formula.ts';

export default {
  opTypes: ['NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'],
  rewrite(node, build) {
    const [x = '', labels = ''] = node.inputs;
    const { opType } = node;
    // Axes after the classes only count rows: as one there are never too many.
    const isWide = build.shape(x).length > 4;
    const flat = isWide ? build.reshape(x, [0, 0, -1]) : x;
    const rows = isWide ? build.reshape(labels, [0, -1]) : labels;
    const isReady = opType === 'NegativeLogLikelihoodLoss';
    const logarithms = isReady
      ? flat
      : isWide
        ? ofRows(build, flat)
        : build.add('LogSoftmax', [flat], { axis: 1 });
    const made = loss(build, logarithms, rows);
    const isEach = build.attribute('reduction', 'mean') === 'none';
    const result = isWide && isEach ? build.reshape(made, build.fixed(labels)) : made;
    if (isReady || !build.isRead(1)) return [result];
    return [result, isWide ? build.reshape(logarithms, build.fixed(x)) : logarithms];
  },
} satisfies Rewrite;

/** LogSoftmax along axis 1 without moving it, which passes would do to all the axes there were. */
function ofRows(build: Build, x: string): string {
  const { minus } = formula(build, 'float32');
  const axis = build.ints([1]);
  const below = minus(x, build.add('ReduceMax', [x, axis], { keepdims: 1 }));
  const sum = build.add('ReduceSum', [build.add('Exp', [below]), axis], { keepdims: 1 });
  return minus(below, build.add('Log', [sum]));
}

function loss(build: Build, logarithms: string, labels: string): string {
  const weights = build.input(2);
  const { times, over, value } = formula(build, 'float32');
  const ignored = build.attribute('ignore_index', undefined as number | undefined);
  const ofLabels = formula(build, build.dtype(build.input(1)));
  const isIgnored = ignored === undefined ? undefined : ofLabels.is(labels, 'Equal', ignored);
  const places = isIgnored === undefined ? labels : ofLabels.where(isIgnored, 0, labels);
  const axis = build.ints([1]);
  const column = build.add('Unsqueeze', [places, axis]);
  const picked = build.add('Squeeze', [build.add('GatherElements', [logarithms, column], { axis: 1 }), axis]);
  const shares = rowWeights(build, weights, places, isIgnored);
  const losses =
    shares === undefined ? build.add('Neg', [picked]) : times(picked, build.add('Neg', [shares]));
  const reduction = build.attribute('reduction', 'mean');
  if (reduction === 'none') return losses;
  const sum = (of: string) => build.add('ReduceSum', [of], { keepdims: 0 });
  if (reduction === 'sum') return sum(losses);
  if (shares === undefined) return build.add('ReduceMean', [losses], { keepdims: 0 });
  return over(sum(losses), sum(value(shares)));
}

/** How much each row counts; undefined: all the same. */
function rowWeights(
  build: Build,
  weights: string,
  places: string,
  isIgnored: string | undefined,
): string | undefined {
  const given = weights === '' ? undefined : build.add('Gather', [weights, places], { axis: 0 });
  if (isIgnored === undefined) return given;
  if (given !== undefined) return formula(build, 'float32').where(isIgnored, 0, given);
  return cast(build, build.add('Not', [isIgnored]), 'float32');
}
