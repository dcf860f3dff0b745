// Element-wise layers that tfjs lacks or has with fewer options.

import type { Formula } from '../custom-layers.ts';
import { first, numbers } from './config.ts';

export const elementwise = {
  // https://keras.io/api/layers/merging_layers/subtract/
  Subtract: {
    outputShape: ([a = [], b = []]) => broadcast(a, b),
    compute: (core, [a, b]) => core.sub(a ?? 0, b ?? 0),
  },

  // https://keras.io/api/layers/activation_layers/relu/
  MlctlReLU: {
    outputShape: ([shape = []]) => shape,
    compute(core, inputs, config) {
      const x = first(inputs);
      const threshold = Number(config.threshold ?? 0);
      const slope = Number(config.negativeSlope ?? 0);
      const most = typeof config.maxValue === 'number' ? config.maxValue : Number.POSITIVE_INFINITY;
      const below = core.mul(slope, core.sub(x, threshold));
      return core.where(core.greaterEqual(x, threshold), core.minimum(x, most), below);
    },
  },

  // https://keras.io/api/layers/activation_layers/prelu/; tfjs' kernel for WebAssembly reads past a shared alpha
  MlctlPReLU: {
    outputShape: ([shape = []]) => shape,
    weights(shape, config) {
      const shared = Array.isArray(config.sharedAxes) ? config.sharedAxes : [];
      return { alpha: shape.slice(1).map((dim, at) => (shared.includes(at + 1) ? 1 : (dim ?? 1))) };
    },
    compute(core, inputs, _, { alpha }) {
      const x = first(inputs);
      return core.add(core.relu(x), core.mul(alpha ?? 0, core.minimum(x, 0)));
    },
  },

  // https://keras.io/api/layers/activation_layers/elu/
  MlctlELU: {
    outputShape: ([shape = []]) => shape,
    compute(core, inputs, config) {
      const x = first(inputs);
      const below = core.mul(Number(config.alpha ?? 1), core.expm1(core.minimum(x, 0)));
      return core.where(core.greater(x, 0), x, below);
    },
  },

  // https://keras.io/api/layers/activation_layers/softmax/ with any axis, or several
  MlctlSoftmax: {
    outputShape: ([shape = []]) => shape,
    compute(core, inputs, config) {
      const x = first(inputs);
      const axes = numbers(config.axis ?? -1, 1);
      const raised = core.exp(core.sub(x, core.max(x, axes, true)));
      return core.div(raised, core.sum(raised, axes, true));
    },
  },
} satisfies Record<string, Formula>;

function broadcast(a: readonly (number | null)[], b: readonly (number | null)[]): (number | null)[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, at) => {
    const [x, y] = [a[at - rank + a.length] ?? null, b[at - rank + b.length] ?? null];
    return x === 1 || x === null ? y : x;
  });
}
