// LSTM (one step), UNIDIRECTIONAL_SEQUENCE_LSTM and BIDIRECTIONAL_SEQUENCE_LSTM.
// Their state tensors keep their values between runs in an interpreter; here every run starts from zero, unless they are
// inputs and outputs.

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily } from '../definition.ts';
import { giveBothWays } from '../recurrent/both-ways.ts';
import { activation, gateInputs, lstm, lstmStep, type Places } from '../recurrent/lstm.ts';
import { initialState, timeFirst } from '../recurrent/sequence.ts';
import { needed, turned, weightsProblem } from '../recurrent/weights.ts';

const forward: Places = {
  input: 1,
  recurrent: 5,
  peephole: 9,
  bias: 12,
  projection: 16,
  output: 18,
  cell: 19,
  normal: 20,
  auxiliary: -1,
};

const both: readonly [Places, Places] = [
  { ...forward, output: 35, cell: 36, normal: -1, auxiliary: 40 },
  {
    input: 18,
    recurrent: 22,
    peephole: 26,
    bias: 29,
    projection: 33,
    output: 37,
    cell: 38,
    normal: -1,
    auxiliary: 44,
  },
];
const AUXILIARY = 39;

export default {
  opcodes: ['LSTM', 'UNIDIRECTIONAL_SEQUENCE_LSTM', 'BIDIRECTIONAL_SEQUENCE_LSTM'],
  problem: (op) => {
    if (op.flag('diagonalRecurrentTensors', false)) return 'its recurrent weights are diagonals';
    return weightsProblem(op, [...Array(op.inputCount).keys()].slice(1));
  },
  lower(op) {
    if (op.opcode === 'LSTM') {
      if (op.word('kernelType', 'FULL') === 'BASIC') return basic(op);
      const x = op.real(0);
      const state = [initialState(op, forward.output), initialState(op, forward.cell)];
      const [output = '', cell = ''] = lstmStep(op, forward)(
        op,
        gateInputs(op, '', x, undefined, forward),
        state,
      );
      op.keep(forward.output, output);
      op.keep(forward.cell, cell);
      op.give(op.outputCount - 1, output);
      return;
    }
    const isTimeMajor = op.flag('timeMajor');
    const x = timeFirst(op, 0, isTimeMajor);
    const perm = isTimeMajor ? undefined : [1, 0, 2];
    if (op.opcode === 'UNIDIRECTIONAL_SEQUENCE_LSTM') {
      op.give(0, lstm(op, '', x, undefined, forward, false), 'float32', perm);
      return;
    }
    const [first, second] = both;
    const places = { auxiliary: AUXILIARY, weights: [first.auxiliary + 1, second.auxiliary + 1] } as const;
    giveBothWays(op, x, places, (way, index) =>
      lstm(op, way.name, way.x, way.other, both[index] ?? first, way.isBackwards),
    );
  },
} satisfies OperatorFamily;

/** Inputs: x, output before, weights [4 units, inputs + units], bias, cell before. Gates: input, cell, forget, output. */
function basic(op: Op): void {
  const emit = (suffix: string, opType: string, values: readonly string[]) =>
    op.emit(opType, values, { suffix });
  const joined = op.emit('Concat', [op.real(0), op.real(1)], {
    suffix: 'joined',
    attributes: { axis: int(1) },
  });
  const product = emit('product', 'MatMul', [joined, op.make('weights', turned(needed(op, 2)))]);
  const sums = emit('sums', 'Add', [product, op.make('bias', needed(op, 3))]);
  const [input = '', candidate = '', forget = '', output = ''] = op.emitAll('Split', [sums], 4, {
    suffix: 'gates',
    attributes: { axis: int(1), num_outputs: int(4) },
  });
  const added = emit('added', 'Mul', [
    emit('input', 'Sigmoid', [input]),
    activation(op, candidate, 'candidate'),
  ]);
  const kept = emit('kept', 'Mul', [emit('forget', 'Sigmoid', [forget]), op.real(4)]);
  const cell = emit('cell', 'Add', [added, kept]);
  const hidden = emit('hidden', 'Mul', [
    emit('output', 'Sigmoid', [output]),
    activation(op, cell, 'activated'),
  ]);
  op.give(0, hidden);
  if (op.outputCount > 1) op.give(1, cell);
  if (op.outputCount > 2) op.give(2, joined);
  if (op.outputCount > 3) op.give(3, sums);
}
