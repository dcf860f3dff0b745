// Concat → CONCATENATION, Split → SPLIT or SPLIT_V, Slice → STRIDED_SLICE, Pad → PAD, PADV2, MIRROR_PAD.

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['Concat', 'Split'],
  emit(node, emission) {
    const [x = ''] = node.inputs;
    const axis = emission.axis(
      emission.attribute(node, 'axis', 0),
      emission.rank(node.opType === 'Concat' ? (node.outputs[0] ?? '') : x),
    );
    if (node.opType === 'Concat') {
      const inputs = node.inputs.map((value) => emission.in(value));
      return emission.give('CONCATENATION', inputs, node, { axis });
    }
    split(node, emission, axis);
  },
} satisfies Emitter;

function split(node: Node, emission: Emission, axis: number): undefined {
  const [x = '', given = ''] = node.inputs;
  const outputs = node.outputs.map((value) =>
    value === '' ? unread(node, emission, x) : emission.out(value),
  );
  const lengths = given === '' ? undefined : emission.ints(given);
  const dim = emission.shape(x)[axis];
  const count = outputs.length;
  if (given !== '' && lengths === undefined)
    return emission.refuse('the sizes of its parts are not constant');
  const isEven = lengths
    ? lengths.every((length) => length === lengths[0])
    : typeof dim !== 'number' || dim % count === 0;
  if (isEven) {
    return emission.op('SPLIT', [emission.int32(axis), emission.in(x)], outputs, { numSplits: count });
  }
  const even = Math.ceil(Number(dim) / count);
  const sizes =
    lengths ?? Array.from({ length: count }, (_, at) => Math.max(0, Math.min(even, Number(dim) - at * even)));
  const inputs = [emission.in(x), emission.int32(sizes, `${node.name}/sizes`), emission.int32(axis)];
  emission.op('SPLIT_V', inputs, outputs, { numSplits: count });
}

function unread(_node: Node, emission: Emission, like: string): number {
  return emission.temp({ dtype: emission.tensor(emission.in(like)).type, shape: undefined });
}
