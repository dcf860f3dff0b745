// Element-wise layers that tfjs lacks or has with fewer options.

import type * as Core from '@tensorflow/tfjs-core';
import type { Formula } from '../custom-layers.ts';
import { numbers, positive } from './config.ts';

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

  // https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
  Normalization: {
    outputShape: ([shape = []]) => shape,
    weights(shape, config) {
      // Given in the config, they are constants and not weights.
      if (config.mean !== null && config.mean !== undefined) return {};
      const dims = normalized(shape, config.axis);
      return { mean: dims, variance: dims };
    },
    compute(core, inputs, config, { mean, variance }) {
      const x = first(inputs);
      const keeps = kept(config.axis, x.rank);
      const dims = x.shape.map((dim, axis) => (keeps.includes(axis) ? dim : 1));
      const shaped = (given: Core.Tensor | number[] | number) => {
        const tensor = typeof given === 'number' || Array.isArray(given) ? core.tensor(given) : given;
        return core.reshape(tensor, tensor.size === 1 ? [] : dims);
      };
      const center = shaped(mean ?? (config.mean as number[]));
      const deviation = core.maximum(core.sqrt(shaped(variance ?? (config.variance as number[]))), 1e-7);
      if (config.invert === true) return core.add(center, core.mul(x, deviation));
      return core.div(core.sub(x, center), deviation);
    },
  },
} satisfies Record<string, Formula>;

function first<T>(inputs: readonly T[]): T {
  const [x] = inputs;
  if (x === undefined) throw new Error('a layer without input');
  return x;
}

function kept(axis: unknown, rank: number): number[] {
  if (axis === null) return [];
  return numbers(axis ?? -1, 1).map((each) => positive(each, rank));
}

function normalized(shape: readonly (number | null)[], axis: unknown): number[] {
  return kept(axis, shape.length).map((each) => shape[each] ?? 1);
}

function broadcast(a: readonly (number | null)[], b: readonly (number | null)[]): (number | null)[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, at) => {
    const [x, y] = [a[at - rank + a.length] ?? null, b[at - rank + b.length] ?? null];
    return x === 1 || x === null ? y : x;
  });
}
