// Operators on two (or more) values that broadcast.

import { copy } from './copy.ts';
import type { Emitter } from './emitter.ts';
import { takes } from './kernels.ts';

type Row = { readonly opcode: string; readonly isList?: true };

const rows: Readonly<Record<string, Row>> = {
  Add: { opcode: 'ADD' },
  Sub: { opcode: 'SUB' },
  Mul: { opcode: 'MUL' },
  Div: { opcode: 'DIV' },
  Pow: { opcode: 'POW' },
  Max: { opcode: 'MAXIMUM', isList: true },
  Min: { opcode: 'MINIMUM', isList: true },
  Sum: { opcode: 'ADD', isList: true },
  Equal: { opcode: 'EQUAL' },
  Greater: { opcode: 'GREATER' },
  GreaterOrEqual: { opcode: 'GREATER_EQUAL' },
  Less: { opcode: 'LESS' },
  LessOrEqual: { opcode: 'LESS_EQUAL' },
  And: { opcode: 'LOGICAL_AND' },
  Or: { opcode: 'LOGICAL_OR' },
  Xor: { opcode: 'NOT_EQUAL' },
  Mod: { opcode: 'FLOOR_MOD' },
  BitwiseXor: { opcode: 'BITWISE_XOR' },
};

export default {
  opTypes: Object.keys(rows),
  emit(node, emission) {
    const { opcode, isList } = rows[node.opType] as Row;
    const inputs = node.inputs.map((value) => emission.in(value));
    if (!isList || inputs.length === 2) return emission.give(opcode, inputs, node);
    const [first = -1, ...rest] = inputs;
    if (rest.length === 0) return copy(emission, first, node);
    const { dtype, shape } = emission.type(node.outputs[0] ?? '');
    if (!takes(opcode, emission.tensor(first).type))
      return emission.refuse(`TFLite's ${opcode} does not take ${dtype}`);
    const last = rest.pop() ?? -1;
    let sum = first;
    for (const next of rest) sum = emission.make(opcode, [sum, next], emission.like(first, { shape }));
    emission.give(opcode, [sum, last], node);
  },
} satisfies Emitter;
