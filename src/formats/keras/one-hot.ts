// How Keras' preprocessing layers hand out indices: as they are, or as vectors over all categories.
// https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/

import { int } from '../../graph/attribute.ts';
import type { Shape } from '../../graph/model.ts';
import { int64 } from '../../graph/tensor.ts';
import type { LayerConfig } from './config.ts';
import type { Layer, Value } from './layer.ts';

export const MODES = ['int', 'one_hot', 'multi_hot', 'count', 'tf_idf'] as const;
export type Mode = (typeof MODES)[number];

export function readMode(config: LayerConfig, fallback: Mode): Mode {
  const mode = config.string('output_mode', fallback);
  // Older names, `tf-idf` included.
  if (mode === 'binary') return 'multi_hot';
  return MODES.find((known) => known === mode.replace('-', '_')) ?? fallback;
}

const INT64 = 7;

/**
 * Indices (int64) as vectors of `depth` numbers. one_hot: one per element, in place of a last axis of length 1. The
 * others: one per sample along the last axis, with 1 for what occurs, or with how often. Indices of no category, `depth`
 * and above, count nowhere.
 */
export function encode(layer: Layer, indices: Value, mode: Mode, depth: number, weights?: Value): Value {
  if (mode === 'int') return indices;
  const { shape } = indices;
  const values = layer.numbers('off_on', [0, 1], [2]);
  const hot = layer.add('OneHot', [indices.name, layer.constant('depth', int64([depth])), values], {
    suffix: 'hot',
    attributes: { axis: int(-1) },
  });
  const made = { ...indices, dtype: layer.dtype };
  const axis = layer.ints('sample_axis', [-2]);
  if (mode === 'one_hot') {
    if (shape.length < 2 || shape.at(-1) !== 1) return { ...made, name: hot, shape: [...shape, depth] };
    const name = layer.add('Squeeze', [hot, axis], { suffix: 'squeeze' });
    return { ...made, name, shape: [...shape.slice(0, -1), depth] };
  }
  // A single axis is one index per sample.
  if (shape.length < 2) return { ...made, name: hot, shape: [...shape, depth] };
  const result: Shape = [...shape.slice(0, -1), depth];
  const attributes = { keepdims: int(0) };
  if (mode === 'multi_hot') {
    return {
      ...made,
      name: layer.add('ReduceMax', [hot, axis], { suffix: 'any', attributes }),
      shape: result,
    };
  }
  const counted =
    weights === undefined
      ? hot
      : layer.add(
          'Mul',
          [hot, layer.add('Unsqueeze', [weights.name, layer.ints('last_axis', [-1])], { suffix: 'weights' })],
          {
            suffix: 'weighted',
          },
        );
  return {
    ...made,
    name: layer.add('ReduceSum', [counted, axis], { suffix: 'count', attributes }),
    shape: result,
  };
}

export function asIndices(layer: Layer, value: Value): Value {
  if (value.dtype === 'int64') return value;
  const name = layer.add('Cast', [value.name], { suffix: 'indices', attributes: { to: int(INT64) } });
  return { ...value, name, dtype: 'int64' };
}
