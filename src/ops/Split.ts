// https://onnx.ai/onnx/operators/onnx__Split.html
// Opsets: 1, 2, 11, 13, 18.

import { int } from '../graph/attribute.ts';
import type { Dim, Node, Shape } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import { axisIn, unknownDims, withDim } from './axes.ts';
import type { InferContext, OpFamily, UpgradeContext } from './definition.ts';
import { allNumbers } from './integers.ts';
import { axesFromFront, inputToInts, isGiven } from './restate.ts';
import { tensorOf } from './result.ts';
import { intsToInput, setInput, valueName } from './rewrite.ts';

export default {
  ops: {
    Split: {
      since: 1,
      inputs: [1, 2],
      outputs: [1, Infinity],
      attributes: { axis: int(0), num_outputs: null },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    const dtype = context.dtype(0);
    const count = context.node.outputs.length;
    if (shape === undefined) return Array.from({ length: count }, () => tensorOf(dtype, undefined));
    const at = axisIn(context, context.int('axis'), shape.length);
    const lengths = lengthsOf(context, shape[at] ?? null, count);
    splitIntegers(context, lengths);
    return lengths.map((length) => tensorOf(dtype, withDim(shape, at, length)));
  },
  upgrades: [
    { to: 13, opTypes: ['Split'], rewrite: intsToInput('split', 1) },
    // From 18 on, equal parts have to be asked for.
    { to: 18, opTypes: ['Split'], rewrite: countOutputs },
  ],
  downgrades: [
    { from: 18, opTypes: ['Split'], rewrite: nameUnequalParts },
    { from: 13, opTypes: ['Split'], rewrite: inputToInts('split', 1) },
    { from: 11, opTypes: ['Split'], rewrite: axesFromFront },
  ],
} satisfies OpFamily;

/** Up to 17 only equal parts could be left unnamed; of an axis of unknown length they are taken to be equal. */
function nameUnequalParts(node: Node, context: UpgradeContext): readonly Node[] | string {
  const count = node.outputs.length;
  node.attributes.delete('num_outputs');
  const shape = context.shape(node.inputs[0] ?? '');
  const axis = context.read(node, 'int', 'axis', 0);
  const length = shape?.[axis < 0 ? axis + shape.length : axis];
  if (isGiven(node, 1) || typeof length !== 'number' || length % count === 0) return [node];
  const part = Math.ceil(length / count);
  const parts = node.outputs.map((_, index) => Math.max(0, Math.min(part, length - index * part)));
  setInput(node, 1, context.constant(valueName(node, 'split'), int64(parts)));
  return [node];
}

function countOutputs(node: Node): readonly Node[] {
  if ((node.inputs[1] ?? '') === '') node.attributes.set('num_outputs', int(node.outputs.length));
  return [node];
}

function lengthsOf(context: InferContext, total: Dim, count: number): Shape {
  if ((context.node.inputs[1] ?? '') !== '') {
    const given = context.integers(1);
    if (given === undefined) return unknownDims(count);
    if (given.length !== count) context.fail(`split names ${given.length} parts for ${count} outputs`);
    const numbers = allNumbers(given);
    const sum = numbers?.reduce((a, b) => a + b, 0);
    if (typeof total === 'number' && sum !== undefined && sum !== total)
      context.fail(`the parts make ${sum} of ${total}`);
    return given;
  }
  if (typeof total !== 'number') return unknownDims(count);
  // All parts alike, the last one smaller when they do not fit.
  const parts = Number(context.find('num_outputs')?.value ?? count);
  const length = Math.ceil(total / Math.max(1, parts));
  return Array.from({ length: count }, (_, index) => Math.max(0, Math.min(length, total - index * length)));
}

function splitIntegers(context: InferContext, lengths: Shape): void {
  const values = context.shape(0)?.length === 1 ? context.integers(0) : undefined;
  let from = 0;
  for (const [index, length] of lengths.entries()) {
    if (values === undefined || typeof length !== 'number') return;
    context.setIntegers(values.slice(from, from + length), index);
    from += length;
  }
}
