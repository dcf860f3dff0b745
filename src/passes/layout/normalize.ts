// Operators that fix what axis 1 means: they go along only when axis 1 stays in its place, or when the statistics can be
// rearranged with it.

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { axisOf } from '../constants/read.ts';
import type { Rewriter } from '../uses.ts';
import { type Layout, orderOf, same } from './layout.ts';
import { rearrange } from './matrix.ts';
import type { Mover, Operand, Plan } from './mover.ts';

export const normalizing: Readonly<Record<string, Mover>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: channelsKept,
  GlobalAveragePool: channelsKept,
  GlobalMaxPool: channelsKept,
  LRN: channelsKept,
  LayerNormalization: lastAxesKept,
};

/** Axes 0 and 1 stay; the others are treated alike. */
function channelsKept(node: Node, operand: Operand, layout: Layout): Plan | undefined {
  if (layout.kind !== 'perm' || operand.index !== 0) return undefined;
  if (layout.perm[0] !== 0 || layout.perm[1] !== 1) return undefined;
  return { inputs: node.inputs.map((_, index) => (index === 0 ? layout : same)), outputs: [layout] };
}

/** The axes that are normalised stay last; those before them are treated alike. */
function lastAxesKept(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  const rank = rewriter.shape(node.inputs[0])?.length;
  if (layout.kind !== 'perm' || operand.index !== 0 || rank === undefined || node.outputs.length !== 1)
    return undefined;
  const first = axisOf(attribute(node, 'axis', -1), rank);
  const isKept = layout.perm.every((axis, index) => index < first || axis === index);
  return isKept
    ? { inputs: node.inputs.map((_, index) => (index === 0 ? layout : same)), outputs: [layout] }
    : undefined;
}

function batchNormalization(
  node: Node,
  operand: Operand,
  layout: Layout,
  rewriter: Rewriter,
): Plan | undefined {
  if (operand.index !== 0 || node.outputs.length !== 1) return undefined;
  const inputs = node.inputs.map((_, index) => (index === 0 ? layout : same));
  if (layout.kind === 'perm') return layout.perm[1] === 1 ? { inputs, outputs: [layout] } : undefined;
  if (layout.kind !== 'order') return undefined;
  if (layout.axis !== 1) return { inputs, outputs: [layout] };
  if (node.inputs.slice(1).some((value) => !rewriter.constant(value))) return undefined;
  return {
    inputs,
    outputs: [layout],
    adjust(node, rewriter) {
      const order = orderOf(layout.parts);
      for (let input = 1; input < node.inputs.length; input++) rearrange(node, input, 0, order, rewriter);
    },
  };
}
