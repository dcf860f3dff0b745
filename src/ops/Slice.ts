// https://onnx.ai/onnx/operators/onnx__Slice.html
// Opsets: 1, 10, 11, 13.

import { int } from '../graph/attribute.ts';
import type { Dim, Node, Shape } from '../graph/model.ts';
import { axisIn, countOf, isKnown, unknownDims } from './axes.ts';
import type { InferContext, OpFamily, UpgradeContext } from './definition.ts';
import { allNumbers } from './integers.ts';
import { constantInts, isGiven } from './restate.ts';
import { tensorOf } from './result.ts';
import { inTurn, intsToInput } from './rewrite.ts';

export default {
  ops: {
    Slice: { since: 1, inputs: [3, 5], outputs: [1, 1] },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf(context.dtype(0), undefined)];
    const cuts = cutsOf(context, shape.length);
    if (cuts === undefined) return [tensorOf(context.dtype(0), unknownDims(shape.length))];
    const result = [...shape];
    for (const cut of cuts) result[cut.axis] = lengthOf(shape[cut.axis] ?? null, cut);
    const values = context.integers(0);
    const picked = values !== undefined && isKnown(shape) ? sliceIntegers(values, shape, cuts) : undefined;
    if (picked !== undefined) context.setIntegers(picked);
    return [tensorOf(context.dtype(0), result)];
  },
  upgrades: [
    {
      to: 10,
      opTypes: ['Slice'],
      rewrite: inTurn(intsToInput('starts', 1), intsToInput('ends', 2), intsToInput('axes', 3)),
    },
  ],
  downgrades: [{ from: 10, opTypes: ['Slice'], rewrite: inputsToAttributes }],
} satisfies OpFamily;

function inputsToAttributes(node: Node, context: UpgradeContext): readonly Node[] | string {
  const rank = context.shape(node.inputs[0] ?? '')?.length;
  const lists = ['starts', 'ends', 'axes', 'steps'].map((_, index) => constantInts(node, index + 1, context));
  const [starts, ends, axes, steps] = lists;
  const isConstant = lists.every((list, index) => list !== undefined || !isGiven(node, index + 1));
  if (!isConstant || !starts || !ends) return 'its bounds are known only when the model runs';
  if (steps?.some((step) => step !== 1)) return 'it skips elements';
  if (axes?.some((axis) => axis < 0) && rank === undefined) {
    return 'an axis counts from the end of a tensor of unknown rank';
  }
  const entries = { starts, ends, axes: axes?.map((axis) => (axis < 0 ? axis + (rank ?? 0) : axis)) };
  for (const [name, list] of Object.entries(entries)) if (list) node.attributes.set(name, int(list));
  node.inputs.length = 1;
  return [node];
}

type Cut = { readonly axis: number; readonly start: Dim; readonly end: Dim; readonly step: Dim };

/** One cut for each axis named; undefined when the axes are known only at run time. */
function cutsOf(context: InferContext, rank: number): readonly Cut[] | undefined {
  const count = countOf(context, 1) ?? countOf(context, 2);
  const isGiven = (index: number): boolean => (context.node.inputs[index] ?? '') !== '';
  const axes = isGiven(3) ? allNumbers(context.integers(3)) : undefined;
  if (isGiven(3) && axes === undefined) return undefined;
  if (count === undefined) return undefined;
  const starts = context.integers(1) ?? unknownDims(count);
  const ends = context.integers(2) ?? unknownDims(count);
  const steps = isGiven(4) ? (context.integers(4) ?? unknownDims(count)) : undefined;
  if (ends.length !== starts.length || (axes !== undefined && axes.length !== starts.length)) {
    context.fail(
      `starts, ends and axes have ${starts.length}, ${ends.length} and ${axes?.length ?? starts.length} numbers`,
    );
  }
  return starts.map((start, index) => ({
    axis: axisIn(context, axes?.[index] ?? index, rank),
    start,
    end: ends[index] ?? null,
    step: steps === undefined ? 1 : (steps[index] ?? null),
  }));
}

function lengthOf(dim: Dim, { start, end, step }: Cut): Dim {
  if (typeof step !== 'number' || step === 0) return null;
  if (typeof dim !== 'number') return symbolicLength(dim, start, end, step);
  if (typeof start !== 'number' || typeof end !== 'number') return null;
  const [from, until] = bounds(dim, start, end, step);
  return Math.max(0, Math.ceil((until - from) / step));
}

/** Start and end inside the axis, as the operator clamps them. */
function bounds(dim: number, start: number, end: number, step: number): [number, number] {
  const clamp = (value: number, least: number, most: number): number =>
    Math.min(Math.max(value < 0 ? value + dim : value, least), most);
  return step > 0
    ? [clamp(start, 0, dim), clamp(end, 0, dim)]
    : [clamp(start, 0, dim - 1), clamp(end, -1, dim - 1)];
}

/** Exact when all of the axis is taken, or the end counts from its own end. */
function symbolicLength(dim: Dim, start: Dim, end: Dim, step: number): Dim {
  if (Math.abs(step) !== 1) return null;
  // "As far as possible" is written as the largest 32- or 64-bit integer.
  const far = 2 ** 31 - 1;
  if (step === 1 && start === 0 && ((typeof end === 'number' && end >= far) || (end === dim && dim !== null)))
    return dim;
  if (step === -1 && start === -1 && typeof end === 'number' && end <= -far) return dim;
  return null;
}

/** The elements left after all cuts; undefined when one is not known. */
function sliceIntegers(values: Shape, dims: readonly number[], cuts: readonly Cut[]): Shape | undefined {
  if (values.length === 0) return values;
  let offsets = [0];
  for (const [axis, dim] of dims.entries()) {
    const cut = cuts.find((one) => one.axis === axis);
    const indices =
      cut === undefined ? Array.from({ length: dim }, (_, index) => index) : indicesOf(dim, cut);
    if (indices === undefined) return undefined;
    offsets = offsets.flatMap((offset) => indices.map((index) => offset * dim + index));
  }
  return offsets.map((offset) => values[offset] ?? null);
}

function indicesOf(dim: number, cut: Cut): readonly number[] | undefined {
  const { start, step } = cut;
  const length = lengthOf(dim, cut);
  if (typeof length !== 'number' || typeof start !== 'number' || typeof step !== 'number') return undefined;
  const [from] = bounds(dim, start, 0, step);
  return Array.from({ length }, (_, index) => from + index * step);
}
