// Layers that shift and scale by statistics gathered in training.

import type * as Core from '@tensorflow/tfjs-core';
import type { Formula } from '../custom-layers.ts';
import { first, numbers, positive } from './config.ts';

export const normalization = {
  // https://keras.io/api/layers/normalization_layers/batch_normalization/; tfjs applies the statistics by position in
  // memory, which is right on the last axis only
  MlctlBatchNormalization: {
    outputShape: ([shape = []]) => shape,
    weights(shape, config) {
      const dims = [shape[positive(Number(config.axis ?? -1), shape.length)] ?? 1];
      return {
        ...(config.scale === false ? {} : { gamma: dims }),
        ...(config.center === false ? {} : { beta: dims }),
        moving_mean: dims,
        moving_variance: dims,
      };
    },
    fixed: ['moving_mean', 'moving_variance'],
    compute(core, [x], config, { gamma, beta, moving_mean, moving_variance }) {
      if (!x || !moving_mean || !moving_variance) throw new Error('a normalization without statistics');
      const axis = positive(Number(config.axis ?? -1), x.rank);
      const shaped = (tensor: Core.Tensor) =>
        core.reshape(
          tensor,
          x.shape.map((_, at) => (at === axis ? -1 : 1)),
        );
      const deviation = core.sqrt(core.add(moving_variance, Number(config.epsilon ?? 1e-3)));
      let result: Core.Tensor = core.div(core.sub(x, shaped(moving_mean)), shaped(deviation));
      if (gamma) result = core.mul(result, shaped(gamma));
      return beta ? core.add(result, shaped(beta)) : result;
    },
  },

  // https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
  Normalization: {
    outputShape: ([shape = []]) => shape,
    fixed: ['mean', 'variance'],
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

function kept(axis: unknown, rank: number): number[] {
  if (axis === null) return [];
  return numbers(axis ?? -1, 1).map((each) => positive(each, rank));
}

function normalized(shape: readonly (number | null)[], axis: unknown): number[] {
  return kept(axis, shape.length).map((each) => shape[each] ?? 1);
}
