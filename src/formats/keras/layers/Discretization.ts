// https://keras.io/api/layers/preprocessing_layers/numerical/discretization/
// The number of boundaries at or below each element.

import { int } from '../../../graph/attribute.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerFamily } from '../layer.ts';
import { asIndices, encode, readMode } from '../one-hot.ts';

const MOST_BOUNDARIES = 100_000;

export default {
  classNames: ['Discretization'],
  problem(config) {
    if (config.boolean('sparse', false)) return 'it gives a sparse tensor';
    for (const key of ['num_bins', 'epsilon']) config.get(key);
    return boundaries(config) === undefined ? 'its boundaries are not in the file' : undefined;
  },
  lower(layer) {
    const { input, config } = layer;
    for (const key of ['num_bins', 'epsilon']) config.get(key);
    const bounds = boundaries(config) ?? layer.fail('its boundaries are not in the file');
    if (bounds.length > MOST_BOUNDARIES) layer.fail(`it has ${bounds.length} boundaries`);
    const last = layer.ints('last', [-1]);
    const raised = layer.add('Unsqueeze', [input.name, last], { suffix: 'unsqueeze' });
    const limits = layer.numbers('boundaries', bounds, [bounds.length]);
    const isAbove = layer.add('GreaterOrEqual', [raised, limits], { suffix: 'is_above' });
    const ones = layer.add('Cast', [isAbove], { suffix: 'ones', attributes: { to: int(1) } });
    const count = layer.add('ReduceSum', [ones, last], { suffix: 'bin', attributes: { keepdims: int(0) } });
    const bins = asIndices(layer, { ...input, name: count, dtype: 'float32' });
    return encode(layer, bins, readMode(config, 'int'), bounds.length + 1);
  },
} satisfies LayerFamily;

/** Keras writes what was learned and what was given under one key. */
function boundaries(config: LayerConfig): number[] | undefined {
  const value = config.get('bin_boundaries') ?? config.get('bins');
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number')
    ? value
    : undefined;
}
