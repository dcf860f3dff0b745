// Operators that change nothing when a model is used. TFLite has no copy, so one that has to stay is a RESHAPE.

import { same } from './copy.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['Identity', 'Dropout'],
  emit(node, emission) {
    const [x = ''] = node.inputs;
    const mask = node.outputs[1] ?? '';
    if (node.opType === 'Dropout') {
      const training = emission.constant(node.inputs[2]);
      if (node.inputs[2] && (training === undefined || Number(training.data[0]) !== 0)) {
        return emission.refuse('it drops values at random');
      }
      if (mask !== '') {
        if (emission.isRead(mask)) return emission.refuse('its mask is read');
      }
    }
    same(emission, x, node);
  },
} satisfies Emitter;
