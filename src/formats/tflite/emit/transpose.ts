// Transpose → TRANSPOSE.

import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['Transpose'],
  emit(node, emission) {
    const [x = ''] = node.inputs;
    const rank = emission.rank(x);
    const reversed = Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
    const perm = emission.attribute(node, 'perm', reversed as readonly number[]);
    if (rank > 6) return emission.refuse('TFLite transposes up to six axes');
    emission.give('TRANSPOSE', [emission.in(x), emission.int32(perm, `${node.name}/perm`)], node);
  },
} satisfies Emitter;
