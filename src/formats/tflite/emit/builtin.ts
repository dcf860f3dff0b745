// Nodes that a rewrite already made TFLite operators: their attributes are the options.

import type { Node } from '../../../graph/model.ts';
import type { OptionValue } from '../records.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: [
    'AVERAGE_POOL_2D',
    'BITCAST',
    'CONV_2D',
    'CONV_3D',
    'DEPTHWISE_CONV_2D',
    'DEPTH_TO_SPACE',
    'LOCAL_RESPONSE_NORMALIZATION',
    'LOG_SOFTMAX',
    'MAX_POOL_2D',
    'RIGHT_SHIFT',
    'SCATTER_ND',
    'SOFTMAX',
    'SPACE_TO_DEPTH',
    'ATAN2',
    'GELU',
  ],
  emit(node, emission) {
    const inputs = node.inputs.map((value) => emission.in(value));
    emission.give(node.opType, inputs, node, optionsOf(node));
  },
} satisfies Emitter;

const booleans = new Set(['alignCorners', 'halfPixelCenters', 'approximate']);

export function optionsOf(node: Node): Record<string, OptionValue> {
  const options: Record<string, OptionValue> = {};
  for (const [name, { value }] of node.attributes) {
    options[name] = booleans.has(name) ? value === 1 : (value as OptionValue);
  }
  return options;
}
