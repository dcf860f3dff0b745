// Resource variables: VAR_HANDLE names one, READ_VARIABLE and ASSIGN_VARIABLE use it, CALL_ONCE sets them up.
//
// ONNX keeps nothing from run to run: every run of the graph starts from what CALL_ONCE assigns, like the first run of the
// file in an interpreter. Inside a run, reads see the assignments before them. Asked for, what they hold is inputs and
// outputs of the graph instead.

import type { OperatorFamily } from '../definition.ts';
import { noteReset } from '../recurrent/sequence.ts';

export default {
  opcodes: ['VAR_HANDLE', 'READ_VARIABLE', 'ASSIGN_VARIABLE', 'CALL_ONCE'],
  subgraphs: (op) => (op.opcode === 'CALL_ONCE' ? [op.int('initSubgraphIndex')] : []),
  lower(op) {
    switch (op.opcode) {
      case 'VAR_HANDLE':
        op.giveVariable(0, `${op.word('container', '')}/${op.word('sharedName', '')}`);
        return;
      case 'READ_VARIABLE': {
        const held = op.variables.get(op.variable(0));
        if (held === undefined) return op.refuse('it reads a variable that nothing has assigned');
        op.giveSlot(0, held);
        return;
      }
      case 'ASSIGN_VARIABLE': {
        if (op.isNested) op.refuse('it assigns a variable inside a branch or a loop');
        const name = op.variable(0);
        if (op.variables.has(name)) noteReset(op);
        op.variables.set(name, op.slotOf(1));
        op.keepVariable(name, 1);
        return;
      }
      default:
        op.call(op.int('initSubgraphIndex'), []);
        op.beginVariables();
    }
  },
} satisfies OperatorFamily;
