// onnxruntime's operators on whole numbers, as operators on what those stand for.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md

import { float, int } from '../../../graph/attribute.ts';
import type { Attribute } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import { byOperator } from '../rewrite/by-operator.ts';
import { coded, real, realBias, realOf } from './codes.ts';

type Formula = (build: Build) => string;

/** An operator of one input, whose scale and zero point are inputs 1 and 2 and those of its output 3 and 4. */
const alone =
  (opType: string, attributes: (build: Build) => Readonly<Record<string, Attribute>> = () => ({})): Formula =>
  (build) => {
    if (build.attribute('channels_last', 0) !== 0) return build.refuse('channels that come last');
    return coded(build, build.add(opType, [real(build, 0)], attributes(build)), 3);
  };

const pair =
  (opType: string): Formula =>
  (build) =>
    coded(build, build.add(opType, [real(build, 0), real(build, 3)]), 6);

const formulas: Readonly<Record<string, Formula>> = {
  QLinearAdd: pair('Add'),
  QLinearMul: pair('Mul'),
  QLinearSigmoid: alone('Sigmoid'),
  QLinearLeakyRelu: alone('LeakyRelu', (build) => ({ alpha: float(build.attribute('alpha', 0.01)) })),
  QLinearGlobalAveragePool: alone('GlobalAveragePool'),
  QLinearAveragePool: alone('AveragePool', ({ node: { attributes } }) =>
    Object.fromEntries([...attributes].filter(([name]) => name !== 'channels_last')),
  ),
  QLinearSoftmax: alone('Softmax', (build) => {
    // Before opset 13 the axes from this one on were one.
    const axis = build.attribute('axis', -1);
    const isOld = build.attribute('opset', 13) < 13;
    if (isOld && axis !== -1 && axis !== build.shape(build.input(0)).length - 1)
      return build.refuse('an axis that is not the last');
    return { axis: int(axis) };
  }),
  QLinearConcat(build) {
    const { length } = build.node.inputs;
    const parts = Array.from({ length: Math.floor((length - 2) / 3) }, (_, at) => real(build, 2 + 3 * at));
    return coded(build, build.add('Concat', parts, { axis: build.attribute('axis', 0) }), 0);
  },
  QGemm(build) {
    const isTurned = build.attribute('transB', 0) !== 0;
    const inputs = [real(build, 0), real(build, 3, isTurned ? 0 : 1)];
    const alpha = build.attribute('alpha', 1);
    if (build.input(6) !== '') inputs.push(realBias(build, build.input(6), 1, 4, alpha));
    const attributes = {
      alpha: float(alpha),
      transA: int(build.attribute('transA', 0)),
      transB: int(Number(isTurned)),
    };
    const made = build.add('Gemm', inputs, attributes);
    return build.input(7) === '' ? made : coded(build, made, 7);
  },
  // It quantizes what it reads as it comes, as TFLite's products with codes for weights do.
  DynamicQuantizeMatMul(build) {
    const [x, codes, scale, zero, bias] = [0, 1, 2, 3, 4].map((at) => build.input(at));
    const made = build.add('MatMul', [x ?? '', realOf(build, codes ?? '', scale ?? '', zero ?? '', 1)]);
    return bias ? build.add('Add', [made, bias]) : made;
  },
  MatMulIntegerToFloat(build) {
    const [a, b, scaleA, scaleB, zeroA, zeroB, bias] = [0, 1, 2, 3, 4, 5, 6].map((at) => build.input(at));
    const left = realOf(build, a ?? '', scaleA ?? '', zeroA ?? '', -2);
    const made = build.add('MatMul', [left, realOf(build, b ?? '', scaleB ?? '', zeroB ?? '', -1)]);
    return bias ? build.add('Add', [made, bias]) : made;
  },
};

export default byOperator(formulas, 'com.microsoft');
