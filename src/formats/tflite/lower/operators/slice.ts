// SLICE: so many elements of each axis from a start on, -1 for all that is left; and the StableHLO slices.

import type { Op, OperatorFamily } from '../definition.ts';

/** Beyond the end of any axis. */
const END = 2 ** 62;

export default {
  opcodes: ['SLICE', 'STABLEHLO_SLICE', 'STABLEHLO_DYNAMIC_SLICE'],
  problem: (op) =>
    op.opcode === 'STABLEHLO_DYNAMIC_SLICE' && op.input(0).shape.includes(null)
      ? 'the shape it is cut from is not known'
      : undefined,
  lower(op) {
    const { inputs, give } = op.carry([0]);
    const [x = ''] = inputs;
    if (op.opcode === 'STABLEHLO_SLICE') {
      const lists = [op.list('startIndices'), op.list('limitIndices')].map((list, at) =>
        op.ints(`limit_${at}`, list),
      );
      const axes = op.ints('axes', [...op.list('startIndices').keys()]);
      give(0, op.emit('Slice', [x, ...lists, axes, op.ints('steps', op.list('strides'))]));
      return;
    }
    const [starts, ends] = op.opcode === 'SLICE' ? bounds(op) : dynamic(op);
    give(0, op.emit('Slice', [x, starts, ends]));
  },
} satisfies OperatorFamily;

function bounds(op: Op): readonly [string, string] {
  const [begin, size] = [op.integers(1), op.integers(2)];
  if (begin !== undefined && size !== undefined) {
    const ends = size.map((length, axis) => (length === -1 ? END : (begin[axis] ?? 0) + length));
    return [op.ints('starts', begin), op.ints('ends', ends)];
  }
  const starts = begin ? op.ints('starts', begin) : op.cast(op.stored(1), 'int64', 'starts');
  const sizes = size ? op.ints('sizes', size) : op.cast(op.stored(2), 'int64', 'sizes');
  const ends = op.emit('Add', [starts, sizes], { suffix: 'ends' });
  if (size?.every((length) => length !== -1)) return [starts, ends];
  const isRest = op.emit('Equal', [sizes, op.numbers('rest', 'int64', [-1])], { suffix: 'is_rest' });
  return [starts, op.emit('Where', [isRest, op.numbers('end', 'int64', [END]), ends], { suffix: 'limits' })];
}

/** One scalar per axis, moved so that the slice stays inside. */
function dynamic(op: Op): readonly [string, string] {
  const sizes = op.list('sliceSizes');
  const one = op.ints('one', [1]);
  const given = sizes.map((_, axis) =>
    op.emit('Reshape', [op.as(axis + 1, 'int64'), one], { suffix: `start_${axis}` }),
  );
  const last = op.input(0).shape.map((dim, axis) => Number(dim) - (sizes[axis] ?? 0));
  const joined = op.emit('Concat', given, {
    suffix: 'given',
    attributes: { axis: { type: 'int', value: 0 } },
  });
  const kept = op.emit('Max', [joined, op.numbers('first', 'int64', [0])], { suffix: 'kept' });
  const starts = op.emit('Min', [kept, op.ints('last', last)], { suffix: 'starts' });
  return [starts, op.emit('Add', [starts, op.ints('sizes', sizes)], { suffix: 'ends' })];
}
