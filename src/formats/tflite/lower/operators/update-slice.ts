// DYNAMIC_UPDATE_SLICE: a block of a tensor replaced, moved so that it stays inside. One element of the result comes from
// the update where it lies in the block on every axis. Lengths the file leaves open are taken when the model runs.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['DYNAMIC_UPDATE_SLICE', 'STABLEHLO_DYNAMIC_UPDATE_SLICE'],
  lower(op) {
    const { inputs, give } = op.carry([0, 1], ['int8', 'int16', 'bool', 'uint16', 'uint32', 'uint64']);
    const [operand = '', update = ''] = inputs;
    const lengths = (index: number): Dim[] =>
      op.input(index).shape.map((dim) => (typeof dim === 'number' ? dim : null));
    const [outer, inner] = [lengths(0), lengths(1)];
    const isTooLong = (length: Dim, axis: number) =>
      length !== null && length > (outer[axis] ?? Number.POSITIVE_INFINITY);
    if (outer.length !== inner.length || inner.some(isTooLong)) {
      op.fail(`a block of ${inner.join('x')} does not fit ${outer.join('x')}`);
    }
    let block = update;
    let mask: string | undefined;
    const shapes = new Map<string, string>();
    outer.forEach((length, axis) => {
      const size = inner[axis] ?? null;
      if (size === length && size !== null) return;
      const emit = (part: string, opType: string, values: readonly string[]) =>
        op.emit(opType, values, { suffix: `axis_${axis}/${part}` });
      const number = (name: string, value: number) => op.numbers(`axis_${axis}/${name}`, 'int64', [value]);
      /** A length of the operand or the update. */
      const lengthOf = (value: string, part: string, known: Dim) => {
        if (known !== null) return number(part, known);
        const shape = shapes.get(value) ?? op.shapeOf(value, value === operand ? 'outer' : 'inner');
        shapes.set(value, shape);
        return emit(part, 'Gather', [shape, number('axis', axis)]);
      };
      const wanted = startOf(op, axis);
      const whole = lengthOf(operand, 'length', length);
      const some = lengthOf(update, 'size', size);
      const last =
        length === null || size === null ? emit('last', 'Sub', [whole, some]) : number('last', length - size);
      const start = emit('start', 'Clip', [wanted, number('first', 0), last]);
      const places =
        length === null
          ? emit('places', 'Range', [number('from', 0), whole, number('by', 1)])
          : op.numbers(`axis_${axis}/places`, 'int64', [...Array(length).keys()], [length]);
      const moved = emit('moved', 'Sub', [places, start]);
      const end = size === null ? emit('to', 'Sub', [some, number('one', 1)]) : number('to', size - 1);
      const nearest = emit('nearest', 'Clip', [moved, number('from', 0), end]);
      block = op.emit('Gather', [block, nearest], {
        suffix: `axis_${axis}/spread`,
        attributes: { axis: int(axis) },
      });
      const isInside = emit('inside', 'Equal', [moved, nearest]);
      const dims = outer.map((_, at) => (at === axis ? -1 : 1));
      const along = emit('mask', 'Reshape', [isInside, op.ints(`axis_${axis}/dims`, dims)]);
      mask = mask === undefined ? along : emit('both', 'And', [mask, along]);
    });
    give(0, mask === undefined ? op.emit('Identity', [update]) : op.emit('Where', [mask, block, operand]));
  },
} satisfies OperatorFamily;

type Dim = number | null;

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
