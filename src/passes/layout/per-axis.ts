// Operators with one number per axis in a small constant: Pad, Slice, Tile, Expand, Resize. The numbers follow their axes.

import { attribute, int } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { take } from '../../graph/rearrange.ts';
import { int64 } from '../../graph/tensor.ts';
import { axesOf, axisOf, integers } from '../constants/read.ts';
import type { Rewriter } from '../uses.ts';
import { heldAxis, type Layout, same } from './layout.ts';
import type { Mover, Operand, Plan } from './mover.ts';

export const perAxis: Readonly<Record<string, Mover>> = {
  Pad: onPerm(pad),
  Slice: onPerm(slice),
  Tile: onPerm(tile),
  Expand: onPerm(expand),
  Resize: onPerm(resize),
};

type Adjust = (node: Node, rewriter: Rewriter) => void;
type Prepare = (node: Node, perm: readonly number[], rewriter: Rewriter) => Adjust | undefined;

/** Data input 0 and output 0 share an axis permutation. */
function onPerm(prepare: Prepare): Mover {
  return (node: Node, { side, index }: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined => {
    if (layout.kind !== 'perm' || index !== 0) return undefined;
    const rank = rewriter.shape(node.inputs[0])?.length;
    if (rank !== layout.perm.length || rank !== rewriter.shape(node.outputs[0])?.length) return undefined;
    const adjust = prepare(node, layout.perm, rewriter);
    if (!adjust || side === undefined) return undefined;
    return {
      inputs: node.inputs.map((_, input) => (input === 0 ? layout : same)),
      outputs: [layout],
      adjust,
    };
  };
}

function pad(node: Node, perm: readonly number[], rewriter: Rewriter): Adjust | undefined {
  const axes = node.inputs[3] ? integers(rewriter, node.inputs[3]) : undefined;
  if (node.inputs[3]) return axes && ((node, rewriter) => setAxes(node, 3, axes, perm, rewriter));
  const pads = integers(rewriter, node.inputs[1]);
  if (pads?.length !== 2 * perm.length) return undefined;
  const order = [...perm, ...perm.map((axis) => axis + perm.length)];
  return (node, rewriter) =>
    setIntegers(
      node,
      1,
      order.map((index) => pads[index] ?? 0),
      rewriter,
    );
}

function slice(node: Node, perm: readonly number[], rewriter: Rewriter): Adjust | undefined {
  const given = axesOf(rewriter, node, 3);
  if (given === undefined) return undefined;
  const count = rewriter.shape(node.inputs[1])?.[0];
  if (typeof count !== 'number') return undefined;
  const axes = given === 'all' ? Array.from({ length: count }, (_, axis) => axis) : given;
  return (node, rewriter) => setAxes(node, 3, axes, perm, rewriter);
}

function tile(node: Node, perm: readonly number[], rewriter: Rewriter): Adjust | undefined {
  const repeats = integers(rewriter, node.inputs[1]);
  if (repeats?.length !== perm.length) return undefined;
  return (node, rewriter) =>
    setIntegers(
      node,
      1,
      perm.map((axis) => repeats[axis] ?? 1),
      rewriter,
    );
}

function expand(node: Node, perm: readonly number[], rewriter: Rewriter): Adjust | undefined {
  const target = integers(rewriter, node.inputs[1]);
  if (!target || target.length > perm.length) return undefined;
  const full = [...new Array<number>(perm.length - target.length).fill(1), ...target];
  return (node, rewriter) =>
    setIntegers(
      node,
      1,
      perm.map((axis) => full[axis] ?? 1),
      rewriter,
    );
}

/** https://onnx.ai/onnx/operators/onnx__Resize.html */
function resize(node: Node, perm: readonly number[], rewriter: Rewriter): Adjust | undefined {
  const axes = attribute(node, 'axes', undefined as readonly number[] | undefined);
  if (axes) {
    const held = axes.map((axis) => heldAxis(perm, axisOf(axis, perm.length)));
    return (node) => node.attributes.set('axes', int(held));
  }
  const changes: [index: number, order: readonly number[]][] = [];
  for (const [index, copies] of [
    [1, 2],
    [2, 1],
    [3, 1],
  ] as const) {
    const input = node.inputs[index];
    if (!input) continue;
    const tensor = rewriter.constant(input);
    if (!tensor) return undefined;
    if (tensor.data.length === 0) continue;
    if (tensor.dims.length !== 1 || tensor.dims[0] !== copies * perm.length) return undefined;
    changes.push([index, copies === 2 ? [...perm, ...perm.map((axis) => axis + perm.length)] : perm]);
  }
  return (node, rewriter) => {
    for (const [index, order] of changes) {
      const tensor = rewriter.constant(node.inputs[index]);
      if (tensor) setConstant(node, index, take(tensor, 0, order), rewriter);
    }
  };
}

/** Names the axes anew in the constant input that lists them. */
export function setAxes(
  node: Node,
  index: number,
  axes: readonly number[],
  perm: readonly number[],
  rewriter: Rewriter,
): void {
  const held = axes.map((axis) => heldAxis(perm, axisOf(axis, perm.length)));
  setIntegers(node, index, held, rewriter);
}

export function setIntegers(node: Node, index: number, values: readonly number[], rewriter: Rewriter): void {
  setConstant(node, index, int64(values), rewriter);
}

function setConstant(
  node: Node,
  index: number,
  tensor: Parameters<Rewriter['addConstant']>[1],
  rewriter: Rewriter,
): void {
  const value = rewriter.addConstant(`${node.name}/${node.opType}.${index}`, tensor);
  if (index < node.inputs.length) {
    rewriter.setInput(node, index, value);
    return;
  }
  const inputs = [...node.inputs];
  while (inputs.length < index) inputs.push('');
  rewriter.setInputs(node, [...inputs, value]);
}
