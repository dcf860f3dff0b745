// Reductions TFLite does not have, and pools that are reductions.
// https://onnx.ai/onnx/operators/onnx__ReduceL2.html and likewise for the others.

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';

export default {
  opTypes: [
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSum',
    'ReduceLogSumExp',
    'ReduceSumSquare',
    'GlobalAveragePool',
    'GlobalMaxPool',
    'GlobalLpPool',
    'LpPool',
    'Mean',
  ],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    switch (node.opType) {
      case 'GlobalAveragePool':
        return [build.add('ReduceMean', [x, spatial(build, x)], { keepdims: 1 })];
      case 'GlobalMaxPool':
        return [build.add('ReduceMax', [x, spatial(build, x)], { keepdims: 1 })];
      case 'GlobalLpPool': {
        const p = build.attribute('p', 2);
        const sum = build.add('ReduceSum', [power(build, x, p), spatial(build, x)], { keepdims: 1 });
        return [root(build, sum, p)];
      }
      case 'LpPool':
        return [lpPool(build, x)];
      case 'Mean': {
        const sum = build.add('Sum', node.inputs);
        return [build.add('Mul', [sum, build.number(1 / node.inputs.length)])];
      }
      default:
        return reduce(build, x);
    }
  },
} satisfies Rewrite;

function reduce(build: Build, x: string): readonly string[] | undefined {
  const { node } = build;
  const kept = Object.fromEntries(node.attributes);
  const rest = node.inputs.slice(1);
  const isNothing =
    build.attribute('noop_with_empty_axes', 0) === 1 && (build.integers(1)?.length ?? 0) === 0;
  const sum = (value: string) => build.add('ReduceSum', [value, ...rest], kept);
  switch (node.opType) {
    case 'ReduceL1':
      return [sum(build.add('Abs', [x]))];
    case 'ReduceL2':
      return [build.add('Sqrt', [sum(build.add('Mul', [x, x]))])];
    case 'ReduceSumSquare':
      return [sum(build.add('Mul', [x, x]))];
    case 'ReduceLogSum':
      return [build.add('Log', [sum(x)])];
    default: {
      if (isNothing) return [x];
      const highest = build.add('ReduceMax', [x, ...rest], { ...kept, keepdims: 1 });
      const part = build.add('Exp', [build.add('Sub', [x, highest])]);
      const total = build.add('ReduceSum', [part, ...rest], { ...kept, keepdims: 1 });
      const result = build.add('Add', [build.add('Log', [total]), highest]);
      if (build.attribute('keepdims', 1) === 1) return [result];
      const axes = build.integers(1) ?? (rest.length === 0 || rest[0] === '' ? [] : undefined);
      if (axes === undefined) return build.refuse('its axes are not constant');
      const rank = build.shape(x).length;
      const all = axes.length === 0 ? Array.from({ length: rank }, (_, axis) => axis) : axes;
      return [build.add('Squeeze', [result, build.ints(all)])];
    }
  }
}

function spatial(build: Build, x: string): string {
  return build.ints(Array.from({ length: build.shape(x).length - 2 }, (_, axis) => axis + 2));
}

function power(build: Build, x: string, p: number): string {
  if (p === 1) return build.add('Abs', [x]);
  if (p === 2) return build.add('Mul', [x, x]);
  return build.add('Pow', [build.add('Abs', [x]), build.number(p)]);
}

function root(build: Build, x: string, p: number): string {
  if (p === 1) return x;
  return p === 2 ? build.add('Sqrt', [x]) : build.add('Pow', [x, build.number(1 / p)]);
}

function lpPool(build: Build, x: string): string {
  const p = build.attribute('p', 2);
  const kernel = build.attribute('kernel_shape', [] as readonly number[]);
  const count = kernel.reduce((product, size) => product * size, 1);
  const kept = Object.fromEntries([...build.node.attributes].filter(([name]) => name !== 'p'));
  if (build.attribute('ceil_mode', 0) === 1) return build.refuse('ceil_mode');
  const mean = build.add('AveragePool', [power(build, x, p)], { ...kept, count_include_pad: 1 });
  return root(build, build.add('Mul', [mean, build.number(count)]), p);
}
