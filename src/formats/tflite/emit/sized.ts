// Operators that are told the size of their result in an input: TRANSPOSE_CONV, CONV_3D_TRANSPOSE, RESIZE_*. What of it
// is not known is a multiple of what they read, or a value of the graph.

import type { Node } from '../../../graph/model.ts';
import { optionsOf } from './builtin.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { type Length, packLengths } from './shape-tensor.ts';

export default {
  opTypes: ['TRANSPOSE_CONV', 'CONV_3D_TRANSPOSE', 'RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'],
  emit(node, emission) {
    const { targetShape, height, width, times, ...options } = optionsOf(node);
    if (node.opType.startsWith('RESIZE')) {
      const [x = '', given = ''] = node.inputs;
      const input = emission.in(x);
      const size = given === '' ? sizeOf(node, emission, input) : emission.asInt32(given);
      return emission.give(node.opType, [input, size], node, options);
    }
    const [weights = '', x = '', bias = ''] = node.inputs;
    const input = emission.in(x);
    const strides = ['D', 'H', 'W'].flatMap((axis) => options[`stride${axis}`] ?? []);
    const target = (targetShape as readonly number[]).map((length, axis): Length => {
      if (length >= 0) return length;
      return { tensor: input, axis, times: axis === 0 ? 1 : Number(strides[axis - 1]) };
    });
    const inputs = [packLengths(emission, target), emission.in(weights), input];
    const held = emission.constant(bias);
    const isZero = held !== undefined && (held.data as Float32Array).every((value) => value === 0);
    if (bias !== '' && !isZero) inputs.push(emission.in(bias));
    emission.give(node.opType, inputs, node, options);
  },
} satisfies Emitter;

function sizeOf(node: Node, emission: Emission, tensor: number): number {
  const { height, width, times } = optionsOf(node);
  if (times === undefined) return emission.int32([Number(height), Number(width)], `${node.name}/size`);
  const factors = times as readonly number[];
  return packLengths(
    emission,
    factors.map((factor, at) => ({ tensor, axis: at + 1, times: factor })),
  );
}
