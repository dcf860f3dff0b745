// STRIDED_SLICE: NumPy's slices, one entry of begin, end and strides per item between the brackets. Masks, by bit:
// begin and end left out, `...`, a new axis, a single index that drops its axis.
// https://www.tensorflow.org/api_docs/python/tf/strided_slice

import type { Op, OperatorFamily } from '../definition.ts';

const END = 2 ** 62;

type Item = {
  /** Entry of begin, end and strides. */
  readonly entry: number;
  /** Axis of the input. */
  readonly axis: number;
  readonly isSingle: boolean;
  readonly hasBegin: boolean;
  readonly hasEnd: boolean;
};

export default {
  opcodes: ['STRIDED_SLICE'],
  problem: (op) => {
    if (op.integers(3) === undefined) return 'its strides are computed';
    return op.input(1).shape.length === 1 && typeof op.input(1).shape[0] === 'number'
      ? undefined
      : 'the number of its entries is not known';
  },
  lower(op) {
    const { items, newAxes, dropped } = plan(op);
    const { inputs, give } = op.carry([0]);
    const [x = ''] = inputs;
    const strides = op.constant(3, 'its strides');
    let value = x;
    if (items.length > 0) {
      const steps = items.map(({ entry, isSingle }) => (isSingle ? 1 : (strides[entry] ?? 1)));
      if (steps.includes(0)) op.fail('it has a stride of 0');
      const [starts, ends] = limits(op, items, steps);
      const axes = op.ints(
        'axes',
        items.map(({ axis }) => axis),
      );
      value = op.emit('Slice', [value, starts, ends, axes, op.ints('steps', steps)]);
    }
    if (dropped.length > 0)
      value = op.emit('Squeeze', [value, op.ints('dropped', dropped)], { suffix: 'squeeze' });
    if (newAxes.length > 0)
      value = op.emit('Unsqueeze', [value, op.ints('new', newAxes)], { suffix: 'unsqueeze' });
    give(0, value === x ? op.emit('Identity', [x]) : value);
  },
} satisfies OperatorFamily;

/** Which axis each entry means, and which axes of the result come and go. */
function plan(op: Op) {
  const rank = op.input(0).shape.length;
  const entries = Number(op.input(1).shape[0]);
  const has = (mask: string, entry: number) => ((op.int(mask, 0) >> entry) & 1) === 1;
  const isNew = (entry: number) => has('newAxisMask', entry) && !has('ellipsisMask', entry);
  const ellipsis = [...Array(entries).keys()].find((entry) => has('ellipsisMask', entry));
  const plain = [...Array(entries).keys()].filter((entry) => !isNew(entry) && entry !== ellipsis).length;
  if (plain > rank) op.fail(`it slices ${plain} axes of ${rank}`);
  const items: Item[] = [];
  const newAxes: number[] = [];
  const dropped: number[] = [];
  let axis = 0;
  let place = 0;
  for (let entry = 0; entry < entries; entry++) {
    if (entry === ellipsis) {
      axis += rank - plain;
      place += rank - plain;
    } else if (isNew(entry)) newAxes.push(place++);
    else {
      const isSingle = has('shrinkAxisMask', entry);
      items.push({
        entry,
        axis,
        isSingle,
        hasBegin: isSingle || !has('beginMask', entry),
        hasEnd: !has('endMask', entry),
      });
      if (isSingle) dropped.push(axis);
      else place++;
      axis++;
    }
  }
  return { items, newAxes, dropped };
}

/** Where the slices begin and end, as ONNX counts. */
function limits(op: Op, items: readonly Item[], steps: readonly number[]): readonly [string, string] {
  const [begin, end] = [op.integers(1), op.integers(2)];
  const first = items.map((_, at) => ((steps[at] ?? 1) > 0 ? 0 : END));
  const last = items.map((_, at) => ((steps[at] ?? 1) > 0 ? END : -END));
  const isOffset = op.flag('offset');
  if (begin !== undefined && end !== undefined) {
    const starts = items.map(({ entry, hasBegin }, at) =>
      hasBegin ? (begin[entry] ?? 0) : (first[at] ?? 0),
    );
    const ends = items.map(({ entry, isSingle, hasEnd }, at) => {
      const start = begin[entry] ?? 0;
      if (isSingle) return start === -1 ? END : start + 1;
      if (!hasEnd) return last[at] ?? 0;
      return (end[entry] ?? 0) + (isOffset ? start : 0);
    });
    return [op.ints('starts', starts), op.ints('ends', ends)];
  }
  const order = op.ints(
    'entries',
    items.map(({ entry }) => entry),
  );
  const read = (index: number, suffix: string) =>
    op.emit('Gather', [op.cast(op.stored(index), 'int64', `${suffix}/cast`), order], { suffix });
  const flags = (suffix: string, bits: readonly boolean[]) =>
    op.numbers(suffix, 'bool', bits.map(Number), [items.length]);
  const pick = (suffix: string, bits: readonly boolean[], yes: string, no: string) =>
    bits.includes(true) ? op.emit('Where', [flags(`${suffix}/mask`, bits), yes, no], { suffix }) : no;
  const given = read(1, 'begin');
  const starts = pick(
    'starts',
    items.map(({ hasBegin }) => !hasBegin),
    op.ints('first', first),
    given,
  );
  const raw = read(2, 'end');
  const ended = isOffset ? op.emit('Add', [given, raw], { suffix: 'end_offset' }) : raw;
  const open = pick(
    'open',
    items.map(({ hasEnd, isSingle }) => !hasEnd && !isSingle),
    op.ints('last', last),
    ended,
  );
  const singles = items.map(({ isSingle }) => isSingle);
  if (!singles.includes(true)) return [starts, open];
  const next = op.emit('Add', [given, op.numbers('one', 'int64', [1])], { suffix: 'next' });
  // After -1 comes the end, not the beginning.
  const isLast = op.emit('Equal', [next, op.numbers('none', 'int64', [0])], { suffix: 'is_last' });
  const after = op.emit('Where', [isLast, op.numbers('far', 'int64', [END]), next], { suffix: 'after' });
  return [starts, pick('ends', singles, after, open)];
}
