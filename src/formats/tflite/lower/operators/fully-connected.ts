// FULLY_CONNECTED: the last axis times a matrix stored (out, in), plus a bias. Without keep_num_dims all axes but the last
// become one; the input is cut into rows as long as the matrix takes.

import { int } from '../../../../graph/attribute.ts';
import { activate, activationProblem } from '../activation.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['FULLY_CONNECTED'],
  problem: (op) =>
    activationProblem(op) ??
    (op.word('weightsFormat', 'DEFAULT') === 'DEFAULT'
      ? undefined
      : 'its weights are shuffled for one processor') ??
    (op.input(1).shape.length === 2 && !op.input(1).shape.includes(null)
      ? undefined
      : 'the shape of its weights is not known'),
  lower(op) {
    const { shape } = op.input(0);
    const [, taken = 0] = op.input(1).shape.map(Number);
    const bias = op.hasInput(2) ? op.real(2) : undefined;
    const [units = 0] = op.input(1).shape.map(Number);
    const keeps = op.flag('keepNumDims') && shape.length !== 2;
    const lengths = shape.slice(0, -1);
    // As rows of one matrix where the shape can be put back: onnxruntime fuses what is quantized only then.
    const isBack =
      op.slotOf(0).quantization !== undefined && lengths.filter((dim) => dim === null).length < 2;
    if (keeps && !isBack) {
      const x = op.real(0);
      const product = op.emit(
        'MatMul',
        [x, op.arranged(1, [1, 0])],
        bias === undefined ? {} : { suffix: 'product' },
      );
      op.give(0, activate(op, bias === undefined ? product : op.emit('Add', [product, bias])));
      return;
    }
    const isMatrix = shape.length === 2 && shape[1] === taken;
    const rows = isMatrix ? op.real(0) : op.reshaped(0, [-1, taken]);
    const inputs = [rows, op.real(1), ...(bias === undefined ? [] : [bias])];
    const result = activate(op, op.emit('Gemm', inputs, { attributes: { transB: int(1) } }));
    const dims = keeps ? [...lengths.map((dim) => (typeof dim === 'number' ? dim : -1)), units] : undefined;
    op.give(0, result, 'float32', undefined, dims);
  },
} satisfies OperatorFamily;
