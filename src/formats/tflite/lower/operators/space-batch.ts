// SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks of pixels become rows of the batch and back.
//
// With height and width in equal blocks, batch and channels change places: SpaceToDepth then does it whatever the lengths.
// Otherwise the axes are split and put in order, which takes lengths that are known.

import { int, string } from '../../../../graph/attribute.ts';
import type { Shape } from '../../../../graph/model.ts';
import type { Op, OperatorFamily, OperatorView } from '../definition.ts';

export default {
  opcodes: ['SPACE_TO_BATCH_ND', 'BATCH_TO_SPACE_ND'],
  problem: (op) => {
    const block = op.integers(1);
    if (block === undefined) return 'the size of its blocks is computed';
    if (isSquare(op, block)) return undefined;
    if (op.integers(2) === undefined) return 'its padding is computed and its blocks are not square';
    return op.input(0).shape.slice(1).includes(null)
      ? 'its lengths are not known and its blocks are not square'
      : undefined;
  },
  lower(op) {
    const block = op.constant(1, 'the size of its blocks');
    if (!block.every((size) => size >= 1)) op.fail(`its blocks are ${block.join(' x ')}`);
    const { inputs, give } = op.carry([0], ['int8', 'uint8', 'int16', 'int32', 'int64', 'bool']);
    const [x = ''] = inputs;
    if (op.opcode === 'SPACE_TO_BATCH_ND') {
      const padded = pad(op, x);
      give(0, isSquare(op, block) ? square(op, padded, block[0] ?? 1) : split(op, padded, block));
    } else give(0, crop(op, isSquare(op, block) ? square(op, x, block[0] ?? 1) : join(op, x, block)));
  },
} satisfies OperatorFamily;

function isSquare(op: OperatorView, block: readonly number[]): boolean {
  return block.length === 2 && block[0] === block[1] && op.input(0).shape.length === 4;
}

function square(op: Op, x: string, size: number): string {
  const perm = int([3, 0, 1, 2]);
  const turned = op.emit('Transpose', [x], { suffix: 'channels_out', attributes: { perm } });
  const moved =
    op.opcode === 'SPACE_TO_BATCH_ND'
      ? op.emit('SpaceToDepth', [turned], { attributes: { blocksize: int(size) } })
      : op.emit('DepthToSpace', [turned], { attributes: { blocksize: int(size), mode: string('DCR') } });
  return op.emit('Transpose', [moved], { suffix: 'channels_back', attributes: { perm: int([1, 2, 3, 0]) } });
}

/** Amounts before and after each spatial axis, as two lists of values. */
function sides(op: Op): readonly [string, string] {
  const given = op.integers(2);
  if (given !== undefined) {
    const even = given.filter((_, at) => at % 2 === 0);
    return [
      op.ints('before', even),
      op.ints(
        'after',
        given.filter((_, at) => at % 2 === 1),
      ),
    ];
  }
  const pairs = op.as(2, 'int64');
  const column = (at: number, suffix: string) =>
    op.emit('Gather', [pairs, op.numbers(`${suffix}/column`, 'int64', [at])], {
      suffix,
      attributes: { axis: int(1) },
    });
  return [column(0, 'before'), column(1, 'after')];
}

function spatialAxes(op: Op): string {
  return op.ints(
    'axes',
    Array.from({ length: op.constant(1, 'the size of its blocks').length }, (_, at) => at + 1),
  );
}

function pad(op: Op, x: string): string {
  if (op.integers(2)?.every((amount) => amount === 0)) return x;
  const pads = op.emit('Concat', sides(op), { suffix: 'pads', attributes: { axis: int(0) } });
  return op.emit('Pad', [x, pads, '', spatialAxes(op)], { suffix: 'padded' });
}

function crop(op: Op, x: string): string {
  const given = op.integers(2);
  if (given?.every((amount) => amount === 0)) return x;
  const [before, after] = sides(op);
  const axes = spatialAxes(op);
  const spatial = op.emit(
    'Slice',
    [op.shapeOf(x), op.ints('first', [1]), op.ints('behind', [1 + op.constant(1, '').length])],
    {
      suffix: 'lengths',
    },
  );
  const ends = op.emit('Sub', [spatial, after], { suffix: 'ends' });
  return op.emit('Slice', [x, before, ends, axes], { suffix: 'cropped' });
}

/** batch, spatial…, rest → blocks…, batch, places…, rest */
function split(op: Op, x: string, block: readonly number[]): string {
  const amounts = op.constant(2, 'its padding');
  const { shape } = op.input(0);
  const count = block.length;
  const lengths = block.map(
    (_, at) => Number(shape[at + 1]) + (amounts[2 * at] ?? 0) + (amounts[2 * at + 1] ?? 0),
  );
  const places = lengths.map((length, at) => length / (block[at] ?? 1));
  if (!places.every(Number.isInteger))
    op.fail(`its blocks of ${block.join(' x ')} do not fit ${lengths.join(' x ')}`);
  const rest = restOf(shape, count);
  const parts = [-1, ...places.flatMap((place, at) => [place, block[at] ?? 1]), ...rest];
  const apart = op.emit('Reshape', [x, op.ints('parts', parts)], { suffix: 'apart' });
  const axes = Array.from({ length: count }, (_, at) => at);
  const perm = [
    ...axes.map((at) => 2 + 2 * at),
    0,
    ...axes.map((at) => 1 + 2 * at),
    ...rest.map((_, at) => 1 + 2 * count + at),
  ];
  const turned = op.emit('Transpose', [apart], { suffix: 'turned', attributes: { perm: int(perm) } });
  return op.emit('Reshape', [turned, op.ints('whole', [-1, ...places, ...rest])]);
}

/** blocks × batch, places…, rest → batch, spatial…, rest */
function join(op: Op, x: string, block: readonly number[]): string {
  const { shape } = op.input(0);
  const count = block.length;
  const places = block.map((_, at) => Number(shape[at + 1]));
  const rest = restOf(shape, count);
  const apart = op.emit('Reshape', [x, op.ints('parts', [...block, -1, ...places, ...rest])], {
    suffix: 'apart',
  });
  const axes = Array.from({ length: count }, (_, at) => at);
  const perm = [
    count,
    ...axes.flatMap((at) => [count + 1 + at, at]),
    ...rest.map((_, at) => 1 + 2 * count + at),
  ];
  const turned = op.emit('Transpose', [apart], { suffix: 'turned', attributes: { perm: int(perm) } });
  const lengths = places.map((place, at) => place * (block[at] ?? 1));
  return op.emit('Reshape', [turned, op.ints('whole', [-1, ...lengths, ...rest])]);
}

function restOf(shape: Shape, count: number): number[] {
  return shape.slice(1 + count).map(Number);
}
