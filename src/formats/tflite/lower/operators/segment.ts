// SEGMENT_SUM and the UNSORTED_SEGMENT operators: rows with the same id become one. Negative ids are dropped.

import { int, string, tensor } from '../../../../graph/attribute.ts';
import type { DType } from '../../../../graph/dtype.ts';
import type { Op, OperatorFamily } from '../definition.ts';
import { tensorOf } from '../tensors.ts';

/** How rows combine, and what an empty segment holds. */
const kinds: Readonly<
  Record<string, { readonly reduction: string; readonly empty: (dtype: DType) => number }>
> = {
  SEGMENT_SUM: { reduction: 'add', empty: () => 0 },
  UNSORTED_SEGMENT_SUM: { reduction: 'add', empty: () => 0 },
  UNSORTED_SEGMENT_PROD: { reduction: 'mul', empty: () => 1 },
  UNSORTED_SEGMENT_MAX: {
    reduction: 'max',
    empty: (dtype) => -largest(dtype) - (dtype === 'float32' ? 0 : 1),
  },
  UNSORTED_SEGMENT_MIN: { reduction: 'min', empty: largest },
};

function largest(dtype: DType): number {
  if (dtype === 'int32') return 2 ** 31 - 1;
  return dtype === 'int64' ? 2 ** 62 : 3.4028234663852886e38;
}

export default {
  opcodes: Object.keys(kinds),
  problem: (op) =>
    op.input(1).shape.length === 1 ? undefined : `its ids have ${op.input(1).shape.length} axes`,
  lower(op) {
    const kind = kinds[op.opcode] ?? op.fail('it is no segment operator');
    const dtype = op.work(0);
    const ids = op.cast(op.stored(1), 'int64', 'ids');
    const one = op.numbers('one', 'int64', [1], [1]);
    const count = op.opcode === 'SEGMENT_SUM' ? lastId(op, ids, one) : flat(op, op.as(2, 'int64'), 'count');
    const isDropped = op.emit('Less', [ids, op.numbers('none', 'int64', [0])], { suffix: 'dropped' });
    // One row more takes what is dropped.
    const kept = op.emit('Where', [isDropped, count, ids], { suffix: 'kept' });
    const places = op.emit('Unsqueeze', [kept, op.ints('last', [-1])], { suffix: 'places' });
    const data = op.as(0, dtype);
    const rest = op.emit('Slice', [op.shapeOf(data), op.ints('from', [1]), op.ints('to', [2 ** 31])], {
      suffix: 'rest',
    });
    const more = op.emit('Add', [count, one], { suffix: 'more' });
    const shape = op.emit('Concat', [more, rest], { suffix: 'whole', attributes: { axis: int(0) } });
    const empty = op.emit('ConstantOfShape', [shape], {
      suffix: 'empty',
      attributes: { value: tensor(tensorOf(dtype, [1], [kind.empty(dtype)])) },
    });
    const filled = op.emit('ScatterND', [empty, places, data], {
      suffix: 'filled',
      attributes: { reduction: string(kind.reduction) },
    });
    const axes = op.ints('axes', [0]);
    op.give(0, op.emit('Slice', [filled, op.ints('first', [0]), count, axes]), dtype);
  },
} satisfies OperatorFamily;

/** Ids are sorted: there are as many segments as the last one says. */
function lastId(op: Op, ids: string, one: string): string {
  const last = op.emit('ReduceMax', [ids], { suffix: 'last_id', attributes: { keepdims: int(0) } });
  return op.emit('Add', [flat(op, last, 'last_one'), one], { suffix: 'count' });
}

function flat(op: Op, value: string, suffix: string): string {
  return op.emit('Reshape', [value, op.ints(`${suffix}/one`, [1])], { suffix });
}
