// Linear models and support vector machines of scikit-learn's kind: products with their coefficients.
// https://onnx.ai/onnx/operators/onnx_aionnxml_LinearClassifier.html, …LinearRegressor, …SVMRegressor

import { float } from '../../../graph/attribute.ts';
import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { labelAbove, labelOfLargest, labelsOf, paired, rowsOf, transformed } from './ml-scores.ts';

export default {
  domain: 'ai.onnx.ml',
  opTypes: ['LinearClassifier', 'LinearRegressor', 'SVMRegressor'],
  rewrite(node, build) {
    const x = rowsOf(build, build.input(0));
    if (node.opType === 'SVMRegressor') return [supported(build, x)];
    if (node.opType === 'LinearRegressor') {
      const targets = build.attribute('targets', 1);
      return [transformed(build, product(build, x, targets), targets)];
    }
    const rows = build.numbers('intercepts').length;
    const scores = product(build, x, rows);
    const labels = labelsOf(build, ['classlabels_ints']);
    if (rows > 1) {
      const label = labels && labelOfLargest(build, labels, scores);
      return [label ?? '', transformed(build, scores, rows)];
    }
    if (labels !== undefined && labels.length !== 2) return build.refuse('one score for a single label');
    return [labels ? labelAbove(build, labels, scores, 0) : '', paired(build, scores, 'remainder')];
  },
} satisfies Rewrite;

/** x · coefficientsᵀ + intercepts. */
function product(build: Build, x: string, rows: number): string {
  const coefficients = build.numbers('coefficients');
  const intercepts = build.numbers('intercepts');
  const columns = coefficients.length / rows;
  checkColumns(build, columns);
  if (intercepts.length !== 0 && intercepts.length !== rows)
    return build.refuse(`${intercepts.length} intercepts for ${rows} scores`);
  const matrix = build.constant(float32([rows, columns], coefficients), 'coefficients');
  const added = intercepts.length === 0 ? [] : [build.floats([rows], intercepts)];
  return build.add('Gemm', [x, matrix, ...added], { transB: 1 });
}

function checkColumns(build: Build, columns: number): void {
  const given = build.shape(build.input(0)).at(-1);
  if (!Number.isInteger(columns) || columns <= 0 || (typeof given === 'number' && given !== columns))
    build.refuse(`coefficients for ${columns} of ${given} columns`);
}

/** Σ coefficientᵢ · kernel(x, supportᵢ) + ρ, or a product when there are no support vectors. */
function supported(build: Build, x: string): string {
  const name = build.attribute('post_transform', 'NONE');
  if (name === 'PROBIT') return build.refuse(`the transform ${name}`);
  const coefficients = build.numbers('coefficients');
  const count = build.attribute('n_supports', 0);
  const kept = count === 0 ? x : kernel(build, x, count);
  if (count === 0) checkColumns(build, coefficients.length);
  else if (coefficients.length !== count)
    return build.refuse(`${coefficients.length} coefficients for ${count} vectors`);
  const [rho = 0] = build.numbers('rho');
  const matrix = build.constant(float32([1, coefficients.length], coefficients), 'coefficients');
  const score = build.add('Gemm', [kept, matrix, build.floats([1], [rho])], { transB: 1 });
  if (build.attribute('one_class', 0) === 0) return score;
  const isInside = build.add('Greater', [score, build.floats([], [0])]);
  return build.add('Where', [isInside, build.floats([], [1]), build.floats([], [-1])]);
}

function kernel(build: Build, x: string, count: number): string {
  const vectors = build.numbers('support_vectors');
  const [gamma = 0, offset = 0, degree = 0] = build.numbers('kernel_params');
  const columns = vectors.length / count;
  checkColumns(build, columns);
  const type = build.attribute('kernel_type', 'LINEAR');
  if (type === 'RBF') {
    // The difference itself: lengths and products would lose it where the two are near.
    const all = build.constant(float32([1, count, columns], vectors), 'support_vectors');
    const apart = build.add('Sub', [build.add('Unsqueeze', [x, build.ints([1])]), all]);
    const square = build.add('ReduceSum', [build.add('Mul', [apart, apart]), build.ints([-1])], {
      keepdims: 0,
    });
    return build.add('Exp', [build.add('Mul', [square, build.floats([], [-gamma])])]);
  }
  const matrix = build.constant(float32([count, columns], vectors), 'support_vectors');
  if (type === 'LINEAR') return build.add('Gemm', [x, matrix], { transB: 1 });
  const scaled = build.add('Gemm', [x, matrix], { transB: 1, alpha: float(gamma) });
  const moved = build.add('Add', [scaled, build.floats([], [offset])]);
  if (type === 'SIGMOID') return build.add('Tanh', [moved]);
  return type === 'POLY'
    ? build.add('Pow', [moved, build.floats([], [degree])])
    : build.refuse(`the kernel ${type}`);
}
