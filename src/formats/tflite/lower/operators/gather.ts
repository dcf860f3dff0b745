// GATHER with its batch axes, GATHER_ND, EMBEDDING_LOOKUP.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['GATHER', 'GATHER_ND', 'EMBEDDING_LOOKUP'],
  lower(op) {
    if (op.opcode === 'EMBEDDING_LOOKUP') return lookUp(op);
    const { inputs, give } = op.carry([0]);
    const [x = ''] = inputs;
    const indices = op.stored(1);
    if (op.opcode === 'GATHER_ND') {
      give(0, op.emit('GatherND', [x, op.cast(indices, 'int64', 'indices')]));
      return;
    }
    const rank = op.input(0).shape.length;
    const axis = op.axis(op.int('axis', 0), rank);
    const given = op.int('batchDims', 0);
    const batch = given < 0 ? given + op.input(1).shape.length : given;
    if (batch === 0) {
      give(0, op.emit('Gather', [x, whole(op, indices)], { attributes: { axis: int(axis) } }));
      return;
    }
    if (batch > axis || batch > op.input(1).shape.length)
      op.fail(`it has ${batch} batch axes and gathers on ${axis}`);
    give(0, gatherInBatch(op, x, op.cast(indices, 'int64', 'indices'), axis, batch));
  },
} satisfies OperatorFamily;

/** The gathered axis goes behind the batch axes and back. */
function gatherInBatch(op: Op, x: string, indices: string, axis: number, batch: number): string {
  const rank = op.input(0).shape.length;
  const middle = axis - batch;
  const axes = [...Array(rank).keys()];
  const perm = [...axes.slice(0, batch), axis, ...axes.slice(batch, axis), ...axes.slice(axis + 1)];
  const moved =
    middle === 0 ? x : op.emit('Transpose', [x], { suffix: 'front', attributes: { perm: int(perm) } });
  const points = op.emit('Unsqueeze', [indices, op.ints('last', [-1])], { suffix: 'points' });
  const gathered = op.emit('GatherND', [moved, points], { attributes: { batch_dims: int(batch) } });
  if (middle === 0) return gathered;
  // batch, indices, middle, rest → batch, middle, indices, rest
  const found = op.input(1).shape.length - batch;
  const range = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);
  const back = [
    ...range(0, batch),
    ...range(batch + found, middle),
    ...range(batch, found),
    ...range(batch + found + middle, rank - axis - 1),
  ];
  return op.emit('Transpose', [gathered], { suffix: 'back', attributes: { perm: int(back) } });
}

/** ONNX takes indices of int32 and int64. */
function whole(op: Op, indices: string): string {
  return ['int32', 'int64'].includes(op.input(1).dtype) ? indices : op.cast(indices, 'int32', 'indices');
}

/** Rows of a table; of a quantized one, only what is looked up is turned into numbers. */
function lookUp(op: Op): void {
  const attributes = { axis: int(0) };
  const { quantization } = op.slotOf(1);
  const isPlain =
    quantization === undefined || quantization.blockwise !== undefined || quantization.scale.length > 1;
  if (isPlain || op.output().quantization !== undefined) {
    op.give(0, op.emit('Gather', [op.real(1), op.stored(0)], { attributes }));
    return;
  }
  const rows = op.emit('Gather', [op.stored(1), op.stored(0)], { suffix: 'rows', attributes });
  op.give(0, op.dequantized(1, rows));
}
