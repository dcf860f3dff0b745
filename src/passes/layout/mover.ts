// What a family of operators says about working on values held in another layout.

import type { Node } from '../../graph/model.ts';
import type { Rewriter } from '../uses.ts';
import type { Layout } from './layout.ts';

/** The operand through which a layout reaches a node. */
export type Operand = { readonly side: 'input' | 'output'; readonly index: number };

/** How the node can do its work on held values. */
export type Plan = {
  /** Layout of each input; inputs that are `same` are read as they are. */
  readonly inputs: readonly Layout[];
  readonly outputs: readonly Layout[];
  /** What it costs the node to change over, in thousandths of a Transpose; nothing when absent. */
  readonly cost?: number;
  /** Adjusts attributes and small constants (axes, pads, weights); the operands are exchanged by the caller afterwards. */
  readonly adjust?: (node: Node, rewriter: Rewriter) => void;
};

/** The plan when `operand` is held in `layout`; undefined when the operator needs it as it is. */
export type Mover = (node: Node, operand: Operand, layout: Layout, rewriter: Rewriter) => Plan | undefined;

export function operandName(node: Node, operand: Operand): string {
  return (operand.side === 'input' ? node.inputs : node.outputs)[operand.index] ?? '';
}
