// The one merging layer of Keras 1: `mode` says which of the later ones it is.
// https://faroit.com/keras-docs/1.2.2/getting-started/sequential-model-guide/#the-merge-layer

import { isRecord } from '../json-shape.ts';
import type { LayerFamily } from '../layer.ts';
import { dot } from './Dot.ts';
import { concatenate, mergeElementwise } from './elementwise.ts';

const ELEMENTWISE: Readonly<Record<string, Parameters<typeof mergeElementwise>[2]>> = {
  sum: { opType: 'Add', most: Infinity },
  mul: { opType: 'Mul', most: Infinity },
  ave: { opType: 'Add', most: Infinity, isAverage: true },
  max: { opType: 'Max', most: Infinity },
};

export default {
  classNames: ['Merge'],
  masks: 'pass',
  problem(config) {
    const mode = config.get('mode') ?? 'sum';
    if (isRecord(mode) || config.get('mode_type') === 'lambda') return 'its mode is Python code, never run';
    const isKnown =
      typeof mode === 'string' &&
      (Object.hasOwn(ELEMENTWISE, mode) || ['concat', 'dot', 'cos'].includes(mode));
    return isKnown ? undefined : `mode ${String(mode)} is not known`;
  },
  lower(layer) {
    const { config, inputs } = layer;
    const mode = config.string('mode', 'sum');
    for (const key of [
      'mode_type',
      'output_shape',
      'output_shape_type',
      'output_mask',
      'output_mask_type',
      'arguments',
      'layers',
    ]) {
      config.get(key);
    }
    const concatAxis = config.integer('concat_axis', -1, -32);
    const dotAxes = config.get('dot_axes');
    const elementwise = ELEMENTWISE[mode];
    if (elementwise !== undefined) return mergeElementwise(layer, inputs, elementwise);
    if (mode === 'concat') return concatenate(layer, inputs, concatAxis);
    // [[1], [2]] in some versions, [1, 2] or -1 in others.
    const axes = (Array.isArray(dotAxes) ? dotAxes.flat() : [dotAxes ?? -1]).filter(
      (axis) => typeof axis === 'number',
    );
    return dot(layer, axes, mode === 'cos');
  },
} satisfies LayerFamily;
