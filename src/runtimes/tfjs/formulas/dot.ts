// The dot product of two tensors along one axis each, per row of the batch; tfjs has it up to rank 3 only.
// https://keras.io/api/layers/merging_layers/dot/

import type * as Core from '@tensorflow/tfjs-core';
import type { Config, Formula } from '../custom-layers.ts';
import { numbers, positive } from './config.ts';

export const dot = {
  MlctlDot: {
    outputShape([a = [], b = []], config) {
      const [x, y] = axesOf(config, a.length, b.length);
      const rest = [...a.filter((_, axis) => axis !== x), ...b.filter((_, axis) => axis !== 0 && axis !== y)];
      return rest.length === 1 ? [...rest, 1] : rest;
    },
    compute(core, [a, b], config) {
      if (!a || !b) throw new Error('a Dot layer without two inputs');
      const [x, y] = axesOf(config, a.rank, b.rank);
      const isNormal = config.normalize === true;
      const left = matrix(core, isNormal ? unit(core, a, x) : a, x);
      const right = matrix(core, isNormal ? unit(core, b, y) : b, y);
      const product = core.matMul(left, right, false, true);
      const rest = [
        ...a.shape.filter((_, axis) => axis !== x),
        ...b.shape.filter((_, axis) => axis !== 0 && axis !== y),
      ];
      return core.reshape(product, rest.length === 1 ? [...rest, 1] : rest);
    },
  },
} satisfies Record<string, Formula>;

function axesOf(config: Config, left: number, right: number): [number, number] {
  const [x = -1, y = x] = numbers(config.axes, 2, -1);
  return [positive(x, left), positive(y, right)];
}

/** [batch, everything else, axis] */
function matrix(core: typeof Core, tensor: Core.Tensor, axis: number): Core.Tensor {
  const others = tensor.shape.map((_, at) => at).filter((at) => at !== 0 && at !== axis);
  const [batch = 1] = tensor.shape;
  return core.reshape(core.transpose(tensor, [0, ...others, axis]), [batch, -1, tensor.shape[axis] ?? 1]);
}

function unit(core: typeof Core, tensor: Core.Tensor, axis: number): Core.Tensor {
  const square = core.sum(core.square(tensor), axis, true);
  return core.mul(tensor, core.rsqrt(core.maximum(square, 1e-12)));
}
