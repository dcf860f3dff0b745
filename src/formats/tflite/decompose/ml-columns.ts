// Columns of numbers, as scikit-learn scales, fills, picks and joins them.
// https://onnx.ai/onnx/operators/onnx_aionnxml_Scaler.html and likewise for the others.

import { elementCount } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import { byOperator } from '../rewrite/by-operator.ts';
import { inFloat32 } from './ml-scores.ts';

type Formula = (build: Build, x: string) => string;

/** One number for all columns, or one for each. */
function perColumn(build: Build, x: string, values: readonly number[]): string {
  const columns = build.shape(x).at(-1);
  if (values.length !== 1 && values.length !== columns)
    return build.refuse(`${values.length} numbers for ${columns} columns`);
  return build.floats(values.length === 1 ? [] : [values.length], values);
}

const norms: Readonly<Record<string, Formula>> = {
  // The largest, not the one farthest from zero.
  MAX: (build, x) => build.add('ReduceMax', [x, build.ints([-1])], { keepdims: 1 }),
  L1: (build, x) => build.add('ReduceSum', [build.add('Abs', [x]), build.ints([-1])], { keepdims: 1 }),
  L2: (build, x) =>
    build.add('Sqrt', [
      build.add('ReduceSum', [build.add('Mul', [x, x]), build.ints([-1])], { keepdims: 1 }),
    ]),
};

const formulas: Readonly<Record<string, Formula>> = {
  Binarizer(build, x) {
    const isAbove = build.add('Greater', [x, build.number(build.attribute('threshold', 0))]);
    return build.add('CastLike', [isAbove, x]);
  },
  Imputer(build, x) {
    const dtype = build.dtype(x);
    const isFloat = dtype === 'float32';
    const filled = build.numbers(isFloat ? 'imputed_value_floats' : 'imputed_value_int64s');
    const missing = build.attribute(isFloat ? 'replaced_value_float' : 'replaced_value_int64', 0);
    const columns = perColumn(build, x, filled);
    const values = isFloat ? columns : build.add('CastLike', [columns, x]);
    const isMissing = Number.isNaN(missing)
      ? build.add('IsNaN', [x])
      : build.add('Equal', [x, build.number(missing)]);
    return build.add('Where', [isMissing, values, x]);
  },
  Scaler(build, x) {
    const offset = build.numbers('offset');
    const scale = build.numbers('scale');
    const isMoved = offset.some((value) => value !== 0);
    let made = inFloat32(build, x);
    if (isMoved) made = build.add('Sub', [made, perColumn(build, x, offset)]);
    return scale.every((value) => value === 1) ? made : build.add('Mul', [made, perColumn(build, x, scale)]);
  },
  Normalizer(build, x) {
    const norm = norms[build.attribute('norm', 'MAX')] ?? build.refuse('a norm that is none of MAX, L1, L2');
    const numbers = inFloat32(build, x);
    const size = norm(build, numbers);
    // A row of size 0 stays as it is.
    const isNothing = build.add('Equal', [size, build.floats([], [0])]);
    return build.add('Div', [numbers, build.add('Where', [isNothing, build.floats([], [1]), size])]);
  },
  ArrayFeatureExtractor(build, x) {
    const places = build.reshape(build.input(1), [-1]);
    const rows = build.shape(x).length === 1 ? build.reshape(x, [1, -1]) : x;
    return build.add('Gather', [rows, places], { axis: Math.max(1, build.shape(x).length - 1) });
  },
  FeatureVectorizer(build) {
    const wanted = build.numbers('inputdimensions');
    const parts = build.node.inputs.map((value, index) => {
      const shape = build.shape(value);
      const own = shape.length === 1 ? shape : shape.slice(1);
      if (!own.every((dim) => typeof dim === 'number'))
        return build.refuse('columns whose number is not known');
      const columns = elementCount(own as readonly number[]);
      const rows = shape.length === 2 ? value : build.reshape(value, [shape.length === 1 ? 1 : 0, columns]);
      const numbers = inFloat32(build, rows, value);
      const width = wanted[index] ?? columns;
      if (columns === width) return numbers;
      return columns > width
        ? build.add('Slice', [numbers, build.ints([0]), build.ints([width]), build.ints([1])])
        : build.add('Pad', [numbers, build.ints([0, 0, 0, width - columns])]);
    });
    return build.add('Concat', parts, { axis: 1 });
  },
};

export default byOperator(formulas, 'ai.onnx.ml');
