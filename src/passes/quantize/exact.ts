// Values whose codes would not do: rounded down, a number that codes hold as 2.9999 is another one. Token ids that a model
// takes as float32, and counts, are such.

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { elementType } from '../../ops/element-type.ts';
import type { Rewriter } from '../uses.ts';

const rounds = new Set(['Floor', 'Ceil', 'Round', 'Mod', 'OneHot']);
const reals = new Set(
  (['float32', 'float16', 'bfloat16', 'float64', 'bool', 'string'] as const).map(elementType),
);
const moves = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Identity']);

/** Whether a node rounds the value, at once or after its elements were moved. */
export function isRounded(value: string, rewriter: Rewriter): boolean {
  return rewriter
    .users(value)
    .some(
      ({ node }) => rounding(node) || (moves.has(node.opType) && isRounded(node.outputs[0] ?? '', rewriter)),
    );
}

function rounding(node: Node): boolean {
  if (node.domain !== '') return false;
  return rounds.has(node.opType) || (node.opType === 'Cast' && !reals.has(attribute(node, 'to', 1)));
}
