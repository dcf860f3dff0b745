// Normalizations as means, differences and products.
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html and likewise for the others.

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';

export default {
  opTypes: [
    'InstanceNormalization',
    'GroupNormalization',
    'LayerNormalization',
    'RMSNormalization',
    'MeanVarianceNormalization',
    'LpNormalization',
  ],
  rewrite(node, build) {
    const [x = '', scale = '', bias = ''] = node.inputs;
    const rank = build.shape(x).length;
    switch (node.opType) {
      case 'InstanceNormalization': {
        const { result } = standardize(build, x, range(2, rank), build.attribute('epsilon', 1e-5));
        return [affine(build, result, perChannel(build, scale, rank), perChannel(build, bias, rank))];
      }
      case 'GroupNormalization':
        return [groups(build, x, scale, bias, rank)];
      case 'MeanVarianceNormalization': {
        const axes = build.attribute('axes', [0, 2, 3] as readonly number[]);
        return [standardize(build, x, axes, 1e-9).result];
      }
      case 'LpNormalization': {
        const axis = build.ints([build.attribute('axis', -1)]);
        const opType = build.attribute('p', 2) === 1 ? 'ReduceL1' : 'ReduceL2';
        // 0 / 0 is 0 here.
        const size = build.add('Max', [build.add(opType, [x, axis], { keepdims: 1 }), build.number(1e-30)]);
        return [build.add('Div', [x, size])];
      }
      default:
        return layer(build, x, scale, bias, rank);
    }
  },
} satisfies Rewrite;

type Standard = { readonly result: string; readonly mean: string; readonly deviation: string };

function standardize(build: Build, x: string, axes: readonly number[], epsilon: number): Standard {
  const over = build.ints(axes);
  const mean = build.add('ReduceMean', [x, over], { keepdims: 1 });
  const centered = build.add('Sub', [x, mean]);
  const variance = build.add('ReduceMean', [build.add('Mul', [centered, centered]), over], { keepdims: 1 });
  const deviation = build.add('Sqrt', [build.add('Add', [variance, build.number(epsilon)])]);
  return { result: build.add('Div', [centered, deviation]), mean, deviation };
}

function affine(build: Build, x: string, scale: string, bias: string): string {
  const scaled = scale === '' ? x : build.add('Mul', [x, scale]);
  return bias === '' ? scaled : build.add('Add', [scaled, bias]);
}

function perChannel(build: Build, value: string, rank: number): string {
  if (value === '') return '';
  return build.reshape(value, [-1, ...new Array<number>(rank - 2).fill(1)]);
}

function layer(build: Build, x: string, scale: string, bias: string, rank: number): string[] {
  const axes = range(build.axis(build.attribute('axis', -1), rank), rank);
  const epsilon = build.attribute('epsilon', 1e-5);
  if (build.node.opType === 'RMSNormalization') {
    const over = build.ints(axes);
    const square = build.add('ReduceMean', [build.add('Mul', [x, x]), over], { keepdims: 1 });
    const size = build.add('Sqrt', [build.add('Add', [square, build.number(epsilon)])]);
    return [affine(build, build.add('Div', [x, size]), scale, '')];
  }
  const { result, mean, deviation } = standardize(build, x, axes, epsilon);
  const outputs = [affine(build, result, scale, bias)];
  if (build.node.outputs.length > 1) outputs.push(mean);
  if (build.node.outputs.length > 2) outputs.push(build.add('Reciprocal', [deviation]));
  return outputs;
}

function groups(build: Build, x: string, scale: string, bias: string, rank: number): string {
  const count = build.attribute('num_groups', 1);
  const shape = build.shape(x);
  const channels = shape[1];
  if (typeof channels !== 'number') return build.refuse('the number of channels is not known');
  const rest = shape.slice(2);
  const open = shape.filter((dim) => typeof dim !== 'number').length;
  if (open > 1) {
    // 0: the length there is.
    const rows = build.reshape(x, [0, count, -1]);
    const { result } = standardize(build, rows, [2], build.attribute('epsilon', 1e-5));
    const joined = build.add('Reshape', [result, build.add('Shape', [x])]);
    return affine(build, joined, perChannel(build, scale, rank), perChannel(build, bias, rank));
  }
  const lengths = (dims: readonly (number | string | null)[]) =>
    dims.map((dim) => (typeof dim === 'number' ? dim : -1));
  const split = build.reshape(x, [...lengths(shape.slice(0, 1)), count, channels / count, ...lengths(rest)]);
  const { result } = standardize(build, split, range(2, rank + 1), build.attribute('epsilon', 1e-5));
  const joined = build.reshape(result, [...lengths(shape.slice(0, 1)), channels, ...lengths(rest)]);
  return affine(build, joined, perChannel(build, scale, rank), perChannel(build, bias, rank));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
