// Operators that change nothing when a model is used. TFLite has no copy, so one that has to stay is a RESHAPE.

import { copy } from './copy.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['Identity', 'Dropout'],
  emit(node, emission) {
    const [x = ''] = node.inputs;
    const [y = '', mask = ''] = node.outputs;
    if (node.opType === 'Dropout') {
      const training = emission.constant(node.inputs[2]);
      if (node.inputs[2] && (training === undefined || Number(training.data[0]) !== 0)) {
        return emission.refuse('it drops values at random');
      }
      if (mask !== '') {
        if (emission.isRead(mask)) return emission.refuse('its mask is read');
      }
    }
    const isBoundary = emission.graph.outputs.includes(y);
    const isShared =
      emission.graph.inputs.includes(x) ||
      emission.constant(x) !== undefined ||
      emission.graph.outputs.includes(x);
    const twice = emission.graph.nodes.some(
      (other) =>
        other !== node &&
        other.opType === 'Identity' &&
        other.inputs[0] === x &&
        emission.graph.outputs.includes(other.outputs[0] ?? ''),
    );
    if (isBoundary && (isShared || twice)) return copy(emission, emission.in(x), node);
    emission.alias(y, emission.in(x));
  },
} satisfies Emitter;
