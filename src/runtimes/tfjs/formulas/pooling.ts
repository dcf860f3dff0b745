// Global pooling over any number of spatial axes, with the axes kept when asked for.
// https://keras.io/api/layers/pooling_layers/

import type { Formula } from '../custom-layers.ts';
import { first, spatialAxes } from './config.ts';

function global(reduce: 'max' | 'mean'): Formula {
  return {
    outputShape([shape = []], config) {
      const axes = spatialAxes(shape.length, config);
      if (config.keepdims === true) return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
      return shape.filter((_, axis) => !axes.includes(axis));
    },
    compute(core, inputs, config) {
      const x = first(inputs);
      return core[reduce](x, spatialAxes(x.rank, config), config.keepdims === true);
    },
  };
}

export const pooling = {
  MlctlGlobalMax: global('max'),
  MlctlGlobalAverage: global('mean'),
} satisfies Record<string, Formula>;
