// https://onnx.ai/onnx/operators/onnx__Add.html and likewise for the others.
// Opsets: Add 1, 6, 7, 13, 14; Sub 1, 6, 7, 13, 14; Mul 1, 6, 7, 13, 14; Div 1, 6, 7, 13, 14; Pow 1, 7, 12,
// 13, 15.

import type { Dim } from '../graph/model.ts';
import type { OpFamily, OpSignature } from './definition.ts';
import { combineIntegers, numbers } from './integers.ts';
import { broadcastAll } from './result.ts';

const binary = (since: number): OpSignature => ({ since, inputs: [2, 2], outputs: [1, 1] });

type Arithmetic = {
  readonly numbers: (a: number, b: number) => number;
  /** What still holds when one side is a symbol. */
  readonly symbols?: (a: Dim, b: Dim) => Dim;
};

/** The operators that shape arithmetic is made of. */
const rows: Readonly<Record<string, Arithmetic>> = {
  Add: { numbers: (a, b) => a + b, symbols: (a, b) => (a === 0 ? b : b === 0 ? a : null) },
  Sub: { numbers: (a, b) => a - b, symbols: (a, b) => (b === 0 ? a : a === b && a !== null ? 0 : null) },
  Mul: {
    numbers: (a, b) => a * b,
    symbols: (a, b) => (a === 1 ? b : b === 1 ? a : a === 0 || b === 0 ? 0 : null),
  },
  // A length divided by itself is 1 wherever it is not empty.
  Div: { numbers: (a, b) => a / b, symbols: (a, b) => (b === 1 ? a : a === b && a !== null ? 1 : null) },
  Pow: { numbers: (a, b) => a ** b, symbols: (a, b) => (b === 1 ? a : null) },
};

export default {
  ops: {
    Add: binary(1),
    Sub: binary(1),
    Mul: binary(1),
    Div: binary(1),
    Pow: binary(1),
  },
  infer(context) {
    const row = rows[context.node.opType];
    if (row !== undefined) {
      const onNumbers = numbers(context, row.numbers);
      combineIntegers(context, (a, b) => onNumbers(a, b) ?? row.symbols?.(a, b) ?? null);
    }
    return broadcastAll(context);
  },
} satisfies OpFamily;
