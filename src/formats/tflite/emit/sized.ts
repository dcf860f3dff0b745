// Operators that are told the size of their result in an input: TRANSPOSE_CONV, CONV_3D_TRANSPOSE, RESIZE_*.

import { optionsOf } from './builtin.ts';
import type { Emitter } from './emitter.ts';
import { shapeTensor } from './shape-tensor.ts';

export default {
  opTypes: ['TRANSPOSE_CONV', 'CONV_3D_TRANSPOSE', 'RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'],
  emit(node, emission) {
    const { targetShape, height, width, ...options } = optionsOf(node);
    if (node.opType.startsWith('RESIZE')) {
      const size = emission.int32([Number(height), Number(width)], `${node.name}/size`);
      emission.give(node.opType, [emission.in(node.inputs[0] ?? ''), size], node, options);
      return;
    }
    const [weights = '', x = '', bias = ''] = node.inputs;
    const shape = emission.shape(node.outputs[0] ?? '').map((dim, axis) => (axis === 0 ? dim : dim));
    const input = emission.in(x);
    const [batch] = emission.shape(x);
    const target = [typeof shape[0] === 'number' ? shape[0] : (batch ?? null), ...shape.slice(1)];
    const sizes = shapeTensor(emission, target, [input], false);
    const inputs = [sizes, emission.in(weights), input];
    const held = emission.constant(bias);
    const isZero = held !== undefined && (held.data as Float32Array).every((value) => value === 0);
    if (bias !== '' && !isZero) inputs.push(emission.in(bias));
    emission.give(node.opType, inputs, node, options);
  },
} satisfies Emitter;
