// Operators on one value that TFLite has under another name.

import type { Emitter } from './emitter.ts';

const opcodes: Readonly<Record<string, string>> = {
  Abs: 'ABS',
  BitCast: 'BITCAST',
  Ceil: 'CEIL',
  Cos: 'COS',
  Exp: 'EXP',
  Floor: 'FLOOR',
  HardSwish: 'HARD_SWISH',
  Log: 'LOG',
  Neg: 'NEG',
  Not: 'LOGICAL_NOT',
  Relu: 'RELU',
  Round: 'ROUND',
  Sigmoid: 'LOGISTIC',
  Sign: 'SIGN',
  Sin: 'SIN',
  Sqrt: 'SQRT',
  Tanh: 'TANH',
};

export default {
  opTypes: [...Object.keys(opcodes), 'Elu', 'LeakyRelu', 'Gelu', 'Reciprocal', 'PRelu'],
  emit(node, emission) {
    const input = emission.in(node.inputs[0] ?? '');
    switch (node.opType) {
      case 'Elu':
        if (emission.attribute(node, 'alpha', 1) !== 1)
          return emission.refuse('TFLite has Elu with alpha 1 only');
        return emission.give('ELU', [input], node);
      case 'LeakyRelu':
        return emission.give('LEAKY_RELU', [input], node, { alpha: emission.attribute(node, 'alpha', 0.01) });
      case 'Gelu':
        return emission.give('GELU', [input], node, {
          approximate: emission.attribute(node, 'approximate', 'none') === 'tanh',
        });
      case 'Reciprocal':
        return emission.give('DIV', [emission.number(emission.dtype(node.inputs[0] ?? ''), 1), input], node);
      case 'PRelu':
        return emission.give('PRELU', [input, emission.in(node.inputs[1] ?? '')], node);
      default:
        return emission.give(opcodes[node.opType] ?? '', [input], node);
    }
  },
} satisfies Emitter;
