// DYNAMIC_UPDATE_SLICE: a block of a tensor replaced, moved so that it stays inside. One element of the result comes from
// the update where it lies in the block on every axis.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['DYNAMIC_UPDATE_SLICE', 'STABLEHLO_DYNAMIC_UPDATE_SLICE'],
  problem: (op) =>
    [op.input(0), op.input(1)].some(({ shape }) => shape.includes(null))
      ? 'its shapes are not known'
      : undefined,
  lower(op) {
    const { inputs, give } = op.carry([0, 1], ['int8', 'int16', 'bool', 'uint16', 'uint32', 'uint64']);
    const [operand = '', update = ''] = inputs;
    const [outer, inner] = [op.input(0).shape.map(Number), op.input(1).shape.map(Number)];
    if (outer.length !== inner.length || inner.some((length, axis) => length > (outer[axis] ?? 0))) {
      op.fail(`a block of ${inner.join('x')} does not fit ${outer.join('x')}`);
    }
    let block = update;
    let mask: string | undefined;
    outer.forEach((length, axis) => {
      const size = inner[axis] ?? 0;
      if (size === length) return;
      const emit = (part: string, opType: string, values: readonly string[]) =>
        op.emit(opType, values, { suffix: `axis_${axis}/${part}` });
      const number = (name: string, value: number) => op.numbers(`axis_${axis}/${name}`, 'int64', [value]);
      const wanted = startOf(op, axis);
      const start = emit('start', 'Clip', [wanted, number('first', 0), number('last', length - size)]);
      const places = op.numbers(`axis_${axis}/places`, 'int64', [...Array(length).keys()], [length]);
      const moved = emit('moved', 'Sub', [places, start]);
      const nearest = emit('nearest', 'Clip', [moved, number('from', 0), number('to', size - 1)]);
      block = op.emit('Gather', [block, nearest], {
        suffix: `axis_${axis}/spread`,
        attributes: { axis: int(axis) },
      });
      const isInside = emit('inside', 'Equal', [moved, nearest]);
      const dims = outer.map((_, at) => (at === axis ? length : 1));
      const along = emit('mask', 'Reshape', [isInside, op.ints(`axis_${axis}/dims`, dims)]);
      mask = mask === undefined ? along : emit('both', 'And', [mask, along]);
    });
    give(0, mask === undefined ? op.emit('Identity', [update]) : op.emit('Where', [mask, block, operand]));
  },
} satisfies OperatorFamily;

/** TFLite gives the starts as one vector, StableHLO as scalars. */
function startOf(op: Op, axis: number): string {
  const none = op.ints(`axis_${axis}/scalar`, []);
  if (op.opcode !== 'DYNAMIC_UPDATE_SLICE') {
    return op.emit('Reshape', [op.as(2 + axis, 'int64'), none], { suffix: `axis_${axis}/given` });
  }
  const index = op.numbers(`axis_${axis}/index`, 'int64', [axis]);
  return op.emit('Gather', [op.as(2, 'int64'), index], {
    suffix: `axis_${axis}/given`,
    attributes: { axis: int(0) },
  });
}
