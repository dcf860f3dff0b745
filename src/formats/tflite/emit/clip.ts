// Clip → RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1, or MAXIMUM and MINIMUM; Mod → FLOOR_MOD.
// https://onnx.ai/onnx/operators/onnx__Clip.html

import { same } from './copy.ts';
import type { Emitter } from './emitter.ts';

const named: Readonly<Record<string, string>> = {
  '0,6': 'RELU6',
  '-1,1': 'RELU_N1_TO_1',
  '0,1': 'RELU_0_TO_1',
};

export default {
  opTypes: ['Clip'],
  emit(node, emission) {
    const [x = '', low = '', high = ''] = node.inputs;
    const input = emission.in(x);
    const limit = (value: string) => {
      const held = emission.constant(value);
      return held?.data.length === 1 ? Number(held.data[0]) : undefined;
    };
    const [least, most] = [limit(low), limit(high)];
    if (emission.dtype(x) === 'float32') {
      const opcode = named[`${least},${most}`];
      if (opcode !== undefined && low !== '' && high !== '') return emission.give(opcode, [input], node);
      if (least === 0 && (high === '' || most === Number.POSITIVE_INFINITY))
        return emission.give('RELU', [input], node);
    }
    if (low === '' && high === '') return same(emission, x, node);
    if (high === '') return emission.give('MAXIMUM', [input, emission.in(low)], node);
    if (low === '') return emission.give('MINIMUM', [input, emission.in(high)], node);
    const raised = emission.make('MAXIMUM', [input, emission.in(low)], emission.like(input));
    emission.give('MINIMUM', [raised, emission.in(high)], node);
  },
} satisfies Emitter;
