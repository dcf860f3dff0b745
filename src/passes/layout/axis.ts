// Operators that name one axis in an attribute: the number changes, the work does not.

import { attribute, int } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { axisOf } from '../constants/read.ts';
import type { Rewriter } from '../uses.ts';
import { heldAxis, type Layout, type Part, permuted, same } from './layout.ts';
import type { Mover, Operand, Plan } from './mover.ts';

export const alongAxis: Readonly<Record<string, Mover>> = {
  Softmax: mover({ fallback: -1 }),
  LogSoftmax: mover({ fallback: -1 }),
  Hardmax: mover({ fallback: -1, needsOrder: true }),
  LpNormalization: mover({ fallback: -1 }),
  TopK: mover({ fallback: -1, needsOrder: true }),
  Split: mover({ fallback: 0, needsOrder: true }),
  QuantizeLinear: quantization,
  DequantizeLinear: quantization,
  Concat: concat,
  Gather: gather,
};

type Family = {
  /** The axis when the attribute is missing. */
  readonly fallback: number;
  /** The order of entries along the axis matters. */
  readonly needsOrder?: boolean;
};

/** Input 0 and all outputs share the layout; further inputs are not about the axes. */
function mover({ fallback, needsOrder }: Family): Mover {
  return (node, { side, index }, layout, rewriter) => {
    if (side === 'input' && index !== 0) return undefined;
    const rank = rewriter.shape(node.inputs[0])?.length;
    if (rank === undefined) return undefined;
    const axis = axisOf(attribute(node, 'axis', fallback), rank);
    if (needsOrder && layout.kind === 'order' && layout.axis === axis) return undefined;
    return {
      inputs: node.inputs.map((_, input) => (input === 0 ? layout : same)),
      outputs: node.outputs.map(() => layout),
      adjust: () => setAxis(node, axis, layout),
    };
  };
}

function setAxis(node: Node, axis: number, layout: Layout): void {
  if (layout.kind === 'perm') node.attributes.set('axis', int(heldAxis(layout.perm, axis)));
}

/** With one scale for all, any layout; with one per channel, the channel's axis is followed. */
function quantization(
  node: Node,
  { side, index }: Operand,
  layout: Layout,
  rewriter: Rewriter,
): Plan | undefined {
  if (side === 'input' && index !== 0) return undefined;
  const rank = rewriter.shape(node.inputs[0])?.length;
  const scaleRank = rewriter.shape(node.inputs[1])?.length;
  if (rank === undefined || scaleRank === undefined || scaleRank > 1) return undefined;
  const axis = axisOf(attribute(node, 'axis', 1), rank);
  if (scaleRank === 1 && layout.kind === 'order' && layout.axis === axis) return undefined;
  return {
    inputs: node.inputs.map((_, input) => (input === 0 ? layout : same)),
    outputs: node.outputs.map(() => layout),
    adjust() {
      if (scaleRank === 1) setAxis(node, axis, layout);
    },
  };
}

function concat(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  const rank = rewriter.shape(node.outputs[0])?.length;
  if (rank === undefined) return undefined;
  const axis = axisOf(attribute(node, 'axis', 0), rank);
  if (layout.kind === 'order' && layout.axis === axis)
    return concatParts(node, operand, layout.parts, axis, rewriter);
  return {
    inputs: node.inputs.map(() => layout),
    outputs: [layout],
    adjust: () => setAxis(node, axis, layout),
  };
}

/** Flattened branches side by side: each brings its own order, and those that have none keep theirs. */
function concatParts(
  node: Node,
  operand: Operand,
  parts: readonly Part[],
  axis: number,
  rewriter: Rewriter,
): Plan | undefined {
  if (operand.side === 'output') return undefined;
  const inputs: Layout[] = [];
  const all: Part[] = [];
  for (const [index, input] of node.inputs.entries()) {
    const length = rewriter.shape(input)?.[axis];
    if (typeof length !== 'number') return undefined;
    const found = index === operand.index ? parts : flattenedLike(input, axis, parts, rewriter);
    inputs.push(found ? { kind: 'order', axis, parts: found } : same);
    all.push(...(found ?? [{ dims: [length], perm: [0] }]));
  }
  return { inputs, outputs: [{ kind: 'order', axis, parts: all }] };
}

/** The parts of another branch, when it too is a flattened block whose axes a Transpose put into the same order. */
function flattenedLike(
  value: string,
  axis: number,
  parts: readonly Part[],
  rewriter: Rewriter,
): Part[] | undefined {
  let at = value;
  // Only what treats every element alike lies between the flattening and here, else this branch keeps its order.
  for (let steps = 0; steps < 16; steps++) {
    const node = rewriter.producer(at);
    if (!node) return undefined;
    const [from = ''] = node.inputs;
    if (node.opType === 'Reshape' || node.opType === 'Flatten') {
      const block = rewriter.shape(from)?.slice(axis);
      const perm = parts.find(({ perm }) => perm.length === block?.length)?.perm;
      if (!perm || !block?.every((dim) => typeof dim === 'number')) return undefined;
      return comesTransposed(from, rewriter) ? [{ dims: block, perm }] : undefined;
    }
    if (!['Relu', 'Sigmoid', 'Tanh', 'LeakyRelu', 'Elu', 'Identity', 'Dropout'].includes(node.opType))
      return undefined;
    at = from;
  }
  return undefined;
}

function comesTransposed(value: string, rewriter: Rewriter): boolean {
  let at: string | undefined = value;
  for (let steps = 0; steps < 64 && at; steps++) {
    const node = rewriter.producer(at);
    if (node?.opType === 'Transpose') return true;
    at =
      node && rewriter.shape(node.outputs[0])?.length === rewriter.shape(node.inputs[0])?.length
        ? node.inputs[0]
        : undefined;
  }
  return false;
}

/** One entry (the axis goes away), a list of entries along an axis, or rows of a table in place of their indices. */
function gather(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  return rows(node, operand, layout, rewriter) ?? entries(node, operand, layout, rewriter);
}

/** Row numbers in another order give the rows in that order; the axes within a row stay last. */
function rows(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  const rank = rewriter.shape(node.inputs[0])?.length;
  const indexRank = rewriter.shape(node.inputs[1])?.length;
  if (layout.kind !== 'perm' || rank === undefined || indexRank === undefined || indexRank < 2)
    return undefined;
  if (axisOf(attribute(node, 'axis', 0), rank) !== 0) return undefined;
  const within = Array.from({ length: rank - 1 }, (_, axis) => indexRank + axis);
  if (operand.side === 'input') {
    return operand.index === 1 ? plan(layout.perm, [...layout.perm, ...within]) : undefined;
  }
  const isRowKept = within.every((axis) => layout.perm[axis] === axis);
  return isRowKept ? plan(layout.perm.slice(0, indexRank), layout.perm) : undefined;
  function plan(indices: readonly number[], output: readonly number[]): Plan {
    return { inputs: [same, permuted(indices)], outputs: [permuted(output)] };
  }
}

function entries(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind !== 'perm' || (operand.side === 'input' && operand.index !== 0)) return undefined;
  const rank = rewriter.shape(node.inputs[0])?.length;
  const indexRank = rewriter.shape(node.inputs[1])?.length;
  if (rank === undefined || (indexRank !== 0 && indexRank !== 1)) return undefined;
  const axis = axisOf(attribute(node, 'axis', 0), rank);
  if (indexRank === 1) {
    return { inputs: [layout, same], outputs: [layout], adjust: () => setAxis(node, axis, layout) };
  }
  if (operand.side === 'output') return undefined;
  const rest = layout.perm
    .filter((entry) => entry !== axis)
    .map((entry) => (entry > axis ? entry - 1 : entry));
  return { inputs: [layout, same], outputs: [permuted(rest)], adjust: () => setAxis(node, axis, layout) };
}
