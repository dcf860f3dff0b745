// RNN (one step), UNIDIRECTIONAL_SEQUENCE_RNN and BIDIRECTIONAL_SEQUENCE_RNN: output = activation(W x + R output + bias).
// Their state tensors keep their values between runs in an interpreter; here every run starts from zero, unless they are
// inputs and outputs.

import type { Op, OperatorFamily } from '../definition.ts';
import { giveBothWays } from '../recurrent/both-ways.ts';
import { activation } from '../recurrent/lstm.ts';
import { initialState, type Step, scan, timeFirst } from '../recurrent/sequence.ts';
import { needed, turned, weightsProblem } from '../recurrent/weights.ts';

type Places = { readonly first: number; readonly auxiliary: number };

const both: readonly [Places, Places] = [
  { first: 1, auxiliary: 10 },
  { first: 5, auxiliary: 11 },
];
const AUXILIARY = 9;

export default {
  opcodes: ['RNN', 'UNIDIRECTIONAL_SEQUENCE_RNN', 'BIDIRECTIONAL_SEQUENCE_RNN'],
  problem: (op) => weightsProblem(op, [...Array(op.inputCount).keys()].slice(1)),
  lower(op) {
    const plain: Places = { first: 1, auxiliary: -1 };
    if (op.opcode === 'RNN') {
      const sums = inputSums(op, '', op.real(0), undefined, plain);
      const [output = ''] = stepOf(op, '', plain)(op, [sums], [initialState(op, plain.first + 3)]);
      op.keep(plain.first + 3, output);
      op.give(0, output);
      return;
    }
    const isTimeMajor = op.flag('timeMajor');
    const x = timeFirst(op, 0, isTimeMajor);
    const perm = isTimeMajor ? undefined : [1, 0, 2];
    if (op.opcode === 'UNIDIRECTIONAL_SEQUENCE_RNN') {
      op.give(0, run(op, '', x, undefined, plain, false), 'float32', perm);
      return;
    }
    const [first, second] = both;
    const places = { auxiliary: AUXILIARY, weights: [first.auxiliary, second.auxiliary] } as const;
    giveBothWays(op, x, places, (way, index) =>
      run(op, way.name, way.x, way.other, both[index] ?? first, way.isBackwards),
    );
  },
} satisfies OperatorFamily;

function run(
  op: Op,
  name: string,
  x: string,
  other: string | undefined,
  places: Places,
  isBackwards: boolean,
): string {
  const sums = inputSums(op, name, x, other, places);
  return scan(op, `${name}steps`, [sums], [places.first + 3], stepOf(op, name, places), isBackwards);
}

/** What does not depend on the state, for all steps at once. */
function inputSums(op: Op, name: string, x: string, other: string | undefined, places: Places): string {
  const emit = (suffix: string, opType: string, values: readonly string[]) =>
    op.emit(opType, values, { suffix: `${name}${suffix}` });
  const product = emit('product', 'MatMul', [x, op.make(`${name}kernel`, turned(needed(op, places.first)))]);
  const sums = emit('sums', 'Add', [product, op.make(`${name}bias`, needed(op, places.first + 2))]);
  if (other === undefined) return sums;
  const auxiliary = op.make(`${name}auxiliary`, turned(needed(op, places.auxiliary)));
  return emit('both', 'Add', [sums, emit('other', 'MatMul', [other, auxiliary])]);
}

function stepOf(outer: Op, name: string, places: Places): Step {
  const recurrent = outer.make(`${name}recurrent`, turned(needed(outer, places.first + 1)));
  return (op, [input = ''], [state = '']) => {
    const product = op.emit('MatMul', [state, recurrent], { suffix: `${name}state_in` });
    return [activation(op, op.emit('Add', [input, product], { suffix: `${name}sum` }), `${name}activated`)];
  };
}
