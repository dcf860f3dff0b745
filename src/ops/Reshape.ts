// https://onnx.ai/onnx/operators/onnx__Reshape.html
// Opsets: 1, 5, 13, 14, 19, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import type { Dim, Node, Shape } from '../graph/model.ts';
import { isKnown, listOf, print, product, quotient } from './axes.ts';
import type { InferContext, OpFamily, UpgradeContext } from './definition.ts';
import { constantInts } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Reshape: { since: 1, inputs: [2, 2], outputs: [1, 1], attributes: { allowzero: int(0) } },
  },
  infer(context) {
    const shape = reshaped(context);
    const values = context.integers(0);
    if (values !== undefined) context.setIntegers(values);
    return [tensorOf(context.dtype(0), shape)];
  },
  downgrades: [{ from: 14, opTypes: ['Reshape'], rewrite: withoutAllowzero }],
} satisfies OpFamily;

/** What a 0 means matters only where there is one. */
function withoutAllowzero(node: Node, context: UpgradeContext): readonly Node[] | string {
  if (context.read(node, 'int', 'allowzero', 0) === 0) return [node];
  const wanted = constantInts(node, 1, context);
  if (wanted === undefined || wanted.includes(0)) return 'it makes axes of length 0';
  node.attributes.delete('allowzero');
  return [node];
}

function reshaped(context: InferContext): Shape | undefined {
  const input = context.shape(0);
  const wanted = context.integers(1);
  if (wanted === undefined) return listOf(context, 1);
  const copies = context.int('allowzero') === 0;
  const isCopied = (axis: number): boolean => copies && wanted[axis] === 0;
  const result = wanted.map((dim, axis): Dim => {
    if (isCopied(axis)) return copied(context, input, axis);
    return typeof dim === 'number' && dim < 0 ? null : dim;
  });
  const open = wanted.flatMap((dim, axis) => (dim === -1 ? [axis] : []));
  if (open.length > 1) context.fail(`${print(wanted)} has more than one -1`);
  if (input === undefined) return result;
  // Axes copied from the input are on both sides, so they need not be known.
  const from = input.filter((_, axis) => !isCopied(axis));
  const to = result.filter((_, axis) => !isCopied(axis) && axis !== open[0]);
  const [at] = open;
  if (at !== undefined)
    result[at] = isKnown(to) && product(to) === 0 ? null : remainder(context, from, to, wanted);
  else if (isKnown(from) && isKnown(to) && product(from) !== product(to)) {
    context.fail(`${print(input)} cannot be reshaped to ${print(wanted)}`);
  }
  return at === undefined ? completed(from, to, result, isCopied) : result;
}

function copied(context: InferContext, input: Shape | undefined, axis: number): Dim {
  if (input !== undefined && axis >= input.length)
    context.fail(`there is no axis ${axis} to copy in ${print(input)}`);
  return input?.[axis] ?? null;
}

/** The length of the -1 axis. */
function remainder(context: InferContext, from: Shape, to: Shape, wanted: Shape): Dim {
  const length = quotient(from, to);
  if (length === null && isKnown(from) && isKnown(to)) {
    context.fail(`${print(from)} cannot be reshaped to ${print(wanted)}`);
  }
  return length;
}

/** A single axis known to be positive but not its length (a shape computed at run time) takes what the others leave. */
function completed(from: Shape, to: Shape, result: Dim[], isCopied: (axis: number) => boolean): Shape {
  if (to.filter((dim) => dim === null).length !== 1) return result;
  const at = result.findIndex((dim, axis) => dim === null && !isCopied(axis));
  const rest = to.filter((dim) => dim !== null);
  if (isKnown(rest) && product(rest) === 0) return result;
  return result.map((dim, axis) => (axis === at ? quotient(from, rest) : dim));
}
