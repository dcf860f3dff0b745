// BatchNormalization is a product and a sum; in training it takes the mean and variance of its own input, and gives what the
// running ones become. https://onnx.ai/onnx/operators/onnx__BatchNormalization.html

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { formula } from '../rewrite/formula.ts';

export default {
  opTypes: ['BatchNormalization'],
  isWholeInParts: true,
  rewrite(node, build) {
    const [x = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
    if (build.attribute('training_mode', 0) === 1) return training(build);
    const rank = build.shape(x).length;
    const epsilon = build.attribute('epsilon', 1e-5);
    const dims = [-1, ...new Array<number>(Math.max(0, rank - 2)).fill(1)];
    const held = [1, 2, 3, 4].map((index) => build.tensor(index));
    if (held.every((tensor) => tensor?.dtype === 'float32')) {
      const [s, b, m, v] = held.map((tensor) => tensor?.data as Float32Array) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const factors = Float32Array.from(s, (value, at) => value / Math.sqrt((v[at] ?? 1) + epsilon));
      const offsets = Float32Array.from(b, (value, at) => value - (m[at] ?? 0) * (factors[at] ?? 0));
      const shape = [s.length, ...dims.slice(1)];
      return [
        build.add('Add', [build.add('Mul', [x, build.floats(shape, factors)]), build.floats(shape, offsets)]),
      ];
    }
    const wide = (value: string) => (rank > 2 ? build.reshape(value, dims) : value);
    const deviation = build.add('Sqrt', [build.add('Add', [variance, build.number(epsilon)])]);
    const factor = build.add('Div', [scale, deviation]);
    const offset = build.add('Sub', [bias, build.add('Mul', [mean, factor])]);
    return [build.add('Add', [build.add('Mul', [x, wide(factor)]), wide(offset)])];
  },
} satisfies Rewrite;

function training(build: Build): string[] {
  const [x, scale, bias] = [build.input(0), build.input(1), build.input(2)];
  const { plus, minus, times, over } = formula(build, 'float32');
  const rank = build.shape(x).length;
  const axes = build.ints(Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1));
  const average = (value: string) => build.add('ReduceMean', [value, axes], { keepdims: 1 });
  const perChannel = (value: string) =>
    rank > 2 ? build.reshape(value, [-1, ...new Array<number>(rank - 2).fill(1)]) : value;
  const mean = average(x);
  const centered = minus(x, mean);
  const variance = average(times(centered, centered));
  const deviation = build.add('Sqrt', [plus(variance, build.attribute('epsilon', 1e-5))]);
  const result = plus(times(over(centered, deviation), perChannel(scale)), perChannel(bias));
  const momentum = build.attribute('momentum', 0.9);
  const running = [mean, variance].map((now, index) =>
    build.isRead(index + 1)
      ? plus(times(build.input(3 + index), momentum), times(build.reshape(now, [-1]), 1 - momentum))
      : '',
  );
  return [result, ...running];
}
