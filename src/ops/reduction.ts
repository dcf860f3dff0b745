// https://onnx.ai/onnx/operators/onnx__ReduceL1.html and likewise for the others.
// Opsets: ReduceL1 1, 11, 13, 18; ReduceL2 1, 11, 13, 18; ReduceLogSum 1, 11, 13, 18; ReduceLogSumExp 1, 11,
// 13, 18; ReduceMax 1, 11, 12, 13, 18, 20; ReduceMean 1, 11, 13, 18; ReduceMin 1, 11, 12, 13, 18, 20;
// ReduceProd 1, 11, 13, 18; ReduceSum 1, 11, 13; ReduceSumSquare 1, 11, 13, 18.

import { int } from '../graph/attribute.ts';
import type { Node, Shape } from '../graph/model.ts';
import { axisIn, countOf, product, unknownDims } from './axes.ts';
import type { InferContext, OpFamily, OpSignature, UpgradeContext } from './definition.ts';
import { allNumbers } from './integers.ts';
import { axesFromFront, constantInts, dropInput, isGiven } from './restate.ts';
import { tensorOf } from './result.ts';
import { intsToInput } from './rewrite.ts';

const reduction: OpSignature = {
  since: 1,
  inputs: [1, 2],
  outputs: [1, 1],
  attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
};

/** All but ReduceSum, whose axes became an input earlier. */
const others = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSumSquare',
];

export default {
  ops: {
    ReduceL1: reduction,
    ReduceL2: reduction,
    ReduceLogSum: reduction,
    ReduceLogSumExp: reduction,
    ReduceMax: reduction,
    ReduceMean: reduction,
    ReduceMin: reduction,
    ReduceProd: reduction,
    ReduceSum: reduction,
    ReduceSumSquare: reduction,
  },
  infer(context) {
    const values = context.shape(0)?.length === 1 ? context.integers(0) : undefined;
    // The number of elements, from the axes of a shape.
    if (context.node.opType === 'ReduceProd' && values !== undefined) context.setIntegers([product(values)]);
    return [tensorOf(context.dtype(0), reducedShape(context))];
  },
  upgrades: [
    { to: 13, opTypes: ['ReduceSum'], rewrite: intsToInput('axes', 1) },
    {
      to: 18,
      opTypes: others,
      rewrite: intsToInput('axes', 1),
    },
  ],
  downgrades: [
    { from: 18, opTypes: others, rewrite: axesToAttribute },
    { from: 13, opTypes: ['ReduceSum'], rewrite: axesToAttribute },
    { from: 11, opTypes: ['ReduceSum', ...others], rewrite: axesFromFront },
  ],
} satisfies OpFamily;

/** Without axes, all are reduced, unless the node says that this is nothing to do. */
function axesToAttribute(node: Node, context: UpgradeContext): readonly Node[] | string {
  const axes = isGiven(node, 1) ? constantInts(node, 1, context) : [];
  if (axes === undefined) return 'its axes are known only when the model runs';
  const isNoop = context.read(node, 'int', 'noop_with_empty_axes', 0) !== 0;
  node.attributes.delete('noop_with_empty_axes');
  dropInput(node, 1);
  if (axes.length > 0) node.attributes.set('axes', int(axes));
  else if (isNoop) return [{ ...node, opType: 'Identity', attributes: new Map() }];
  return [node];
}

function reducedShape(context: InferContext): Shape | undefined {
  const shape = context.shape(0);
  if (shape === undefined) return undefined;
  const keeps = context.int('keepdims') !== 0;
  const axes = reducedAxes(context, shape.length);
  if (axes === undefined) {
    if (keeps) return unknownDims(shape.length);
    const count = countOf(context, 1);
    return count !== undefined ? unknownDims(Math.max(0, shape.length - count)) : undefined;
  }
  if (keeps) return shape.map((dim, axis) => (axes.has(axis) ? 1 : dim));
  return shape.filter((_, axis) => !axes.has(axis));
}

/** The axes reduced; undefined when they are known only at run time. */
function reducedAxes(context: InferContext, rank: number): ReadonlySet<number> | undefined {
  const isGiven = (context.node.inputs[1] ?? '') !== '';
  const axes = isGiven ? allNumbers(context.integers(1)) : [];
  if (axes === undefined && context.shape(1)?.[0] !== 0) return undefined;
  if (axes === undefined || axes.length === 0) {
    const isNoop = context.int('noop_with_empty_axes') !== 0;
    return new Set(isNoop ? [] : Array.from({ length: rank }, (_, axis) => axis));
  }
  return new Set(axes.map((axis) => axisIn(context, axis, rank)));
}
