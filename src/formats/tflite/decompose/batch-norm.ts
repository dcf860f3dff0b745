// BatchNormalization outside training is a product and a sum. https://onnx.ai/onnx/operators/onnx__BatchNormalization.html

import type { Rewrite } from '../rewrite/definition.ts';

export default {
  opTypes: ['BatchNormalization'],
  rewrite(node, build) {
    if (build.attribute('training_mode', 0) === 1) return build.refuse('it is in training mode');
    const [x = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
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
