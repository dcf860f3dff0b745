// Operators that take axes away or put axes of length one in: Reduce*, ArgMax, ArgMin, Squeeze, Unsqueeze.

import { attribute, int } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { axesOf, axisOf } from '../constants/read.ts';
import type { Rewriter } from '../uses.ts';
import { heldAxis, type Layout, permuted, same } from './layout.ts';
import type { Mover, Operand, Plan } from './mover.ts';
import { setAxes, setIntegers } from './per-axis.ts';

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'];

export const reducing: Readonly<Record<string, Mover>> = {
  ...Object.fromEntries(reductions.map((name) => [`Reduce${name}`, reduce])),
  ArgMax: argument,
  ArgMin: argument,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
};

function reduce(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind !== 'perm' || operand.index !== 0) return undefined;
  const rank = rewriter.shape(node.inputs[0])?.length;
  const given = axesOf(rewriter, node);
  if (rank === undefined || given === undefined) return undefined;
  const keepsAxes = attribute(node, 'keepdims', 1) === 1;
  const none = given === 'all' || given.length === 0;
  if (none && attribute(node, 'noop_with_empty_axes', 0) === 1) return undefined;
  const axes = none
    ? Array.from({ length: rank }, (_, axis) => axis)
    : given.map((axis) => axisOf(axis, rank));
  const input =
    operand.side === 'input' ? layout.perm : keepsAxes ? layout.perm : putBack(layout.perm, axes, rank);
  if (!input) return undefined;
  return {
    inputs: [permuted(input), ...node.inputs.slice(1).map(() => same)],
    outputs: [keepsAxes ? permuted(input) : permuted(takeAway(input, axes))],
    adjust(node, rewriter) {
      if (!none) setReducedAxes(node, axes, input, rewriter);
    },
  };
}

function setReducedAxes(
  node: Node,
  axes: readonly number[],
  perm: readonly number[],
  rewriter: Rewriter,
): void {
  if (node.inputs[1]) setAxes(node, 1, axes, perm, rewriter);
  else node.attributes.set('axes', int(axes.map((axis) => heldAxis(perm, axis))));
}

function argument(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind !== 'perm') return undefined;
  const rank = rewriter.shape(node.inputs[0])?.length;
  if (rank === undefined) return undefined;
  const axis = axisOf(attribute(node, 'axis', 0), rank);
  const keepsAxes = attribute(node, 'keepdims', 1) === 1;
  const input = operand.side === 'input' || keepsAxes ? layout.perm : putBack(layout.perm, [axis], rank);
  if (!input) return undefined;
  return {
    inputs: [permuted(input)],
    outputs: [keepsAxes ? permuted(input) : permuted(takeAway(input, [axis]))],
    adjust: (node) => node.attributes.set('axis', int(heldAxis(input, axis))),
  };
}

function squeeze(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind !== 'perm' || operand.index !== 0) return undefined;
  const shape = rewriter.shape(node.inputs[0]);
  const given = axesOf(rewriter, node);
  if (!shape || given === undefined || given === 'all') return undefined;
  const axes = given.map((axis) => axisOf(axis, shape.length));
  const input = operand.side === 'input' ? layout.perm : putBack(layout.perm, axes, shape.length);
  if (!input) return undefined;
  return {
    inputs: [permuted(input), ...node.inputs.slice(1).map(() => same)],
    outputs: [permuted(takeAway(input, axes))],
    adjust: (node, rewriter) => setReducedAxes(node, axes, input, rewriter),
  };
}

function unsqueeze(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (layout.kind !== 'perm' || operand.index !== 0) return undefined;
  const rank = rewriter.shape(node.outputs[0])?.length;
  const given = axesOf(rewriter, node);
  if (rank === undefined || given === undefined || given === 'all') return undefined;
  const axes = given.map((axis) => axisOf(axis, rank));
  const output = operand.side === 'output' ? layout.perm : putBack(layout.perm, axes, rank);
  if (!output) return undefined;
  return {
    inputs: [permuted(takeAway(output, axes)), ...node.inputs.slice(1).map(() => same)],
    outputs: [permuted(output)],
    adjust(node, rewriter) {
      const held = axes.map((axis) => heldAxis(output, axis)).sort((a, b) => a - b);
      if (node.inputs[1]) setIntegers(node, 1, held, rewriter);
      else node.attributes.set('axes', int(held));
    },
  };
}

/** The permutation of the axes that are left when `axes` are gone. */
function takeAway(perm: readonly number[], axes: readonly number[]): number[] {
  return perm
    .filter((axis) => !axes.includes(axis))
    .map((axis) => axis - axes.filter((gone) => gone < axis).length);
}

/**
 * A permutation of `rank` axes whose rest, without `axes`, is `perm`. Where the axes of length one go is free; the
 * usual orders (channels second or last) are preferred, because what comes next most likely wants one of them.
 */
function putBack(perm: readonly number[], axes: readonly number[], rank: number): number[] | undefined {
  if (perm.length + axes.length !== rank) return undefined;
  const spatial = Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => axis);
  const usual = [
    [0, rank - 1, ...spatial.map((axis) => axis + 1)],
    [0, ...spatial.map((axis) => axis + 2), 1],
  ];
  for (const candidate of usual) {
    if (String(takeAway(candidate, axes)) === String(perm)) return candidate;
  }
  const left = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  const rest = perm.map((axis) => left[axis] ?? 0);
  return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? axis : (rest.shift() ?? 0)));
}
