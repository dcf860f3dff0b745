// Cast → CAST. https://onnx.ai/onnx/operators/onnx__Cast.html

import { copy } from './copy.ts';
import { castOptions, typeName } from './emission.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['Cast', 'CastLike'],
  emit(node, emission) {
    const [x = ''] = node.inputs;
    const input = emission.in(x);
    const from = emission.tensor(input).type;
    const to = typeName(emission.dtype(node.outputs[0] ?? ''));
    if (from === 'string' || to === 'string')
      return emission.refuse('TFLite does not turn numbers into text or back');
    if (from === 'uint64' || to === 'uint64') return emission.refuse('TFLite does not cast uint64');
    if (from === to) return copy(emission, input, node);
    // CAST to bool is a C++ conversion, as ONNX has it; small types go over int32.
    emission.give('CAST', [input], node, castOptions(from, to));
  },
} satisfies Emitter;
