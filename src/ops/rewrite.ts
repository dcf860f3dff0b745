// The steps that upgrades are made of.

import type { Attribute, Node } from '../graph/model.ts';
import { int64, scalar, type Tensor } from '../graph/tensor.ts';
import type { Upgrade, UpgradeContext } from './definition.ts';

/** "As far as possible" beyond what a number holds exactly (graph/model.ts); no axis is that long. */
const FARTHEST = Number.MAX_SAFE_INTEGER;

/** Turns a list of integers from an attribute into input `index`; nothing to do where the node does not have it. */
export function intsToInput(name: string, index: number): Upgrade['rewrite'] {
  return (node, context) => {
    if (node.attributes.has(name)) {
      const inRange = context
        .read(node, 'ints', name, [])
        .map((value) => Math.min(Math.max(value, -FARTHEST), FARTHEST));
      setInput(node, index, context.constant(valueName(node, name), int64(inRange)));
    }
    node.attributes.delete(name);
    return [node];
  };
}

/** Gives an attribute the value it used to have by default. */
export function keepDefault(name: string, value: Attribute): Upgrade['rewrite'] {
  return (node) => {
    if (!node.attributes.has(name)) node.attributes.set(name, value);
    return [node];
  };
}

/** One rewrite after another on the same node. */
export function inTurn(...rewrites: readonly Upgrade['rewrite'][]): Upgrade['rewrite'] {
  return (node, context) =>
    rewrites.reduce<readonly Node[]>(
      (nodes, rewrite) => nodes.flatMap((made) => rewrite(made, context)),
      [node],
    );
}

/** Sets an input, with '' for those before it that were left out. */
export function setInput(node: Node, index: number, value: string): void {
  while (node.inputs.length < index) node.inputs.push('');
  node.inputs[index] = value;
}

type NodeParts = {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: readonly string[];
};

/** A new ai.onnx node that does part of what `node` did, named after it. */
export function part(
  context: UpgradeContext,
  node: Node,
  opType: string,
  inputs: readonly string[],
  { attributes = {}, outputs }: NodeParts = {},
): Node {
  const name = context.fresh(valueName(node, opType));
  return {
    name,
    opType,
    domain: '',
    inputs: [...inputs],
    outputs: [...(outputs ?? [name])],
    attributes: new Map(Object.entries(attributes)),
  };
}

/** The node's first output, by which parts of a rewrite refer to one another. */
export function outputOf(node: Node): string {
  return node.outputs[0] ?? '';
}

/** A name for something made for this node. */
export function valueName(node: Node, what: string): string {
  return `${node.name === '' ? outputOf(node) : node.name}/${what}`;
}

/**
 * A scalar of the element type `like` has. Where that is not stored as a plain number, or not known, a CastLike
 * makes it one.
 */
export function scalarLike(
  context: UpgradeContext,
  node: Node,
  name: string,
  value: number,
  like: string,
): { readonly value: string; readonly nodes: readonly Node[] } {
  const dtype = context.dtype(like);
  const exact = scalarOf(dtype, value);
  const constant = context.constant(valueName(node, name), exact ?? scalar(value));
  if (exact !== undefined) return { value: constant, nodes: [] };
  const cast = part(context, node, 'CastLike', [constant, like]);
  return { value: outputOf(cast), nodes: [cast] };
}

function scalarOf(dtype: string | undefined, value: number): Tensor | undefined {
  if (dtype === 'float32') return scalar(value);
  return dtype === 'float64' ? { dtype, dims: [], data: Float64Array.of(value) } : undefined;
}
