// Operators on whole numbers, as operators on what those stand for.
// https://onnx.ai/onnx/operators/onnx__QLinearConv.html, …QLinearMatMul, …ConvInteger, …MatMulInteger, …DynamicQuantizeLinear

import type { Build } from '../rewrite/build.ts';
import { byOperator, type Replacement } from '../rewrite/by-operator.ts';
import { cast } from '../rewrite/formula.ts';
import { centeredAlong, coded, real, realBias } from './codes.ts';

const formulas: Readonly<Record<string, Replacement>> = {
  QLinearConv(build) {
    const bias = build.input(8);
    const inputs = [real(build, 0), real(build, 3, 0)];
    if (bias !== '') inputs.push(realBias(build, bias, 1, 4));
    return coded(build, build.add('Conv', inputs, Object.fromEntries(build.node.attributes)), 6);
  },
  QLinearMatMul(build) {
    return coded(build, build.add('MatMul', [real(build, 0), real(build, 3, -1)]), 6);
  },
  // Sums of whole numbers in float32: to the last one below 2²⁴, to one part in 2²⁴ above.
  ConvInteger(build) {
    const rank = build.shape(build.input(1)).length;
    const numbers = centeredAlong(build, build.input(0), build.input(2), 0, 0);
    const weights = centeredAlong(build, build.input(1), build.input(3), 0, rank);
    return whole(build, build.add('Conv', [numbers, weights], Object.fromEntries(build.node.attributes)));
  },
  MatMulInteger(build) {
    const [left, right] = [build.shape(build.input(0)).length, build.shape(build.input(1)).length];
    const numbers = centeredAlong(build, build.input(0), build.input(2), left - 2, left);
    const weights = centeredAlong(build, build.input(1), build.input(3), right - 1, right);
    return whole(build, build.add('MatMul', [numbers, weights]));
  },
  DynamicQuantizeLinear(build) {
    const x = build.input(0);
    const number = (value: number) => build.floats([], [value]);
    const end = (opType: string, limit: string) =>
      build.add(limit, [
        build.add(opType, [x, build.ints([])], { keepdims: 0, noop_with_empty_axes: 0 }),
        number(0),
      ]);
    const [least, most] = [end('ReduceMin', 'Min'), end('ReduceMax', 'Max')];
    const range = build.add('Sub', [most, least]);
    // What is 0 everywhere has some scale.
    const isNothing = build.add('Equal', [range, number(0)]);
    const scale = build.add('Where', [isNothing, number(1), build.add('Div', [range, number(255)])]);
    const zero = build.add('Clip', [
      build.add('Round', [build.add('Div', [build.add('Neg', [least]), scale])]),
      number(0),
      number(255),
    ]);
    const moved = build.add('Add', [build.add('Round', [build.add('Div', [x, scale])]), zero]);
    const codes = build.add('Clip', [moved, number(0), number(255)]);
    const narrow = (value: string) => cast(build, value, 'uint8');
    return [narrow(codes), scale, narrow(zero)];
  },
};

function whole(build: Build, sums: string): string {
  return cast(build, sums, 'int32');
}

export default byOperator(formulas);
