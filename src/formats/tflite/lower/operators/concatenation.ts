// CONCATENATION, and PACK, which joins along a new axis.

import { int } from '../../../../graph/attribute.ts';
import { activate, activationProblem } from '../activation.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['CONCATENATION', 'PACK', 'STABLEHLO_CONCATENATE'],
  problem: (op) => (op.inputCount > 0 ? activationProblem(op) : 'it joins nothing'),
  lower(op) {
    const isPack = op.opcode === 'PACK';
    const rank = op.input(0).shape.length + (isPack ? 1 : 0);
    const axis = op.axis(op.int(op.opcode === 'STABLEHLO_CONCATENATE' ? 'dimension' : 'axis', 0), rank);
    const indices = Array.from({ length: op.inputCount }, (_, index) => index);
    const isActive = op.word('fusedActivationFunction', 'NONE') !== 'NONE';
    const { inputs, give } = isActive
      ? {
          inputs: indices.map((index) => op.real(index)),
          give: (index: number, value: string) => op.give(index, activate(op, value)),
        }
      : op.carry(indices, [], !isPack);
    const joined = isPack
      ? inputs.map((input, index) =>
          op.emit('Unsqueeze', [input, op.ints(`axis_${index}`, [axis])], { suffix: `item_${index}` }),
        )
      : inputs;
    give(0, op.emit('Concat', joined, { attributes: { axis: int(axis) } }));
  },
} satisfies OperatorFamily;
