// Padding, cropping and up-sampling along one to three spatial axes.
// https://keras.io/api/layers/reshaping_layers/

import type * as Core from '@tensorflow/tfjs-core';
import type { Formula } from '../custom-layers.ts';
import { first, isChannelsFirst, mapSpatial, numbers, pairs, spatialAxes } from './config.ts';

const padding: Formula = {
  outputShape([shape = []], config) {
    const sides = pairs(config.padding, shape.length - 2);
    return mapSpatial(shape, config, (length, at) => length + (sides[at]?.[0] ?? 0) + (sides[at]?.[1] ?? 0));
  },
  compute(core, inputs, config) {
    const x = first(inputs);
    const sides = pairs(config.padding, x.rank - 2);
    const axes = spatialAxes(x.rank, config);
    return core.pad(
      x,
      x.shape.map((_, axis): [number, number] => sides[axes.indexOf(axis)] ?? [0, 0]),
    );
  },
};

const cropping: Formula = {
  outputShape([shape = []], config) {
    const sides = pairs(config.cropping, shape.length - 2);
    return mapSpatial(shape, config, (length, at) => length - (sides[at]?.[0] ?? 0) - (sides[at]?.[1] ?? 0));
  },
  compute(core, inputs, config) {
    const x = first(inputs);
    const sides = pairs(config.cropping, x.rank - 2);
    const axes = spatialAxes(x.rank, config);
    const begin = x.shape.map((_, axis) => sides[axes.indexOf(axis)]?.[0] ?? 0);
    const size = x.shape.map((length, axis) => {
      const [before, after] = sides[axes.indexOf(axis)] ?? [0, 0];
      return length - before - after;
    });
    return core.slice(x, begin, size);
  },
};

/** Repeats every element along each spatial axis. */
const repetition: Formula = {
  outputShape([shape = []], config) {
    const sizes = numbers(config.size, shape.length - 2, 2);
    return mapSpatial(shape, config, (length, at) => length * (sizes[at] ?? 1));
  },
  compute(core, inputs, config) {
    const x = first(inputs);
    const sizes = numbers(config.size, x.rank - 2, 2);
    let result = x;
    for (const [at, axis] of spatialAxes(x.rank, config).entries()) {
      result = repeat(core, result, axis, sizes[at] ?? 1);
    }
    return result;
  },
};

/** TensorFlow 2 samples at pixel centers; tfjs' own layer does not. */
const bilinear: Formula = {
  outputShape: repetition.outputShape,
  compute(core, inputs, config) {
    const x = first(inputs);
    const [high = 1, wide = 1] = numbers(config.size, 2, 2);
    const last = isChannelsFirst(config) ? core.transpose(x, [0, 2, 3, 1]) : x;
    const [, rows = 1, columns = 1] = last.shape;
    const size: [number, number] = [rows * high, columns * wide];
    const resized = core.image.resizeBilinear(last as Core.Tensor4D, size, false, true);
    return isChannelsFirst(config) ? core.transpose(resized, [0, 3, 1, 2]) : resized;
  },
};

function repeat(core: typeof Core, x: Core.Tensor, axis: number, times: number): Core.Tensor {
  if (times === 1) return x;
  const indices = Array.from({ length: (x.shape[axis] ?? 0) * times }, (_, at) => Math.floor(at / times));
  return core.gather(x, core.tensor1d(indices, 'int32'), axis);
}

export const spatial = {
  ZeroPadding1D: padding,
  ZeroPadding3D: padding,
  Cropping1D: cropping,
  Cropping3D: cropping,
  UpSampling1D: repetition,
  UpSampling3D: repetition,
  MlctlBilinear: bilinear,
} satisfies Record<string, Formula>;
