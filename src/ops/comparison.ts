// https://onnx.ai/onnx/operators/onnx__And.html and likewise for the others.
// Opsets: And 1, 7; Equal 1, 7, 11, 13, 19; Greater 1, 7, 9, 13; GreaterOrEqual 12, 16; Less 1, 7, 9, 13;
// LessOrEqual 12, 16; Or 1, 7; Xor 1, 7.
// Two tensors in, truth values out.

import type { Dim, Node } from '../graph/model.ts';
import type { OpFamily, OpSignature, UpgradeContext } from './definition.ts';
import { combineIntegers } from './integers.ts';
import { broadcastAll } from './result.ts';
import { outputOf } from './rewrite.ts';
import { SpellOut } from './spell-out.ts';

const comparison = (since: number): OpSignature => ({ since, inputs: [2, 2], outputs: [1, 1] });

const onNumbers: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  And: (a, b) => a !== 0 && b !== 0,
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Or: (a, b) => a !== 0 || b !== 0,
  Xor: (a, b) => a !== b,
};

export default {
  ops: {
    And: comparison(1),
    Equal: comparison(1),
    Greater: comparison(1),
    GreaterOrEqual: comparison(12),
    Less: comparison(1),
    LessOrEqual: comparison(12),
    Or: comparison(1),
    Xor: comparison(1),
  },
  infer(context) {
    const holds = onNumbers[context.node.opType];
    if (holds !== undefined) combineIntegers(context, (a, b) => compare(a, b, holds));
    return broadcastAll(context, 'bool');
  },
  downgrades: [{ from: 12, opTypes: ['GreaterOrEqual', 'LessOrEqual'], rewrite: eitherOf }],
} satisfies OpFamily;

/** Not the negation of the opposite, which holds for NaN. */
function eitherOf(node: Node, context: UpgradeContext): readonly Node[] {
  const out = new SpellOut(node, context);
  const strict = out.add(node.opType.replace('OrEqual', ''), node.inputs);
  out.add('Or', [strict, out.add('Equal', node.inputs)], {}, outputOf(node));
  return out.nodes;
}

function compare(a: Dim, b: Dim, holds: (a: number, b: number) => boolean): Dim {
  if (a === null || b === null) return null;
  // The same symbol is the same length, whatever it is.
  if (typeof a === 'string' && a === b) return Number(holds(0, 0));
  // A symbol is a length: whatever it is, a negative number lies below it.
  const left = typeof a === 'string' && typeof b === 'number' && b < 0 ? 0 : a;
  const right = typeof b === 'string' && typeof a === 'number' && a < 0 ? 0 : b;
  return typeof left === 'number' && typeof right === 'number' ? Number(holds(left, right)) : null;
}
