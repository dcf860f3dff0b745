// https://onnx.ai/onnx/operators/onnx__Hardmax.html and likewise for the others.
// Opsets: Hardmax 1, 11, 13; LogSoftmax 1, 11, 13; Softmax 1, 11, 13.

import { int } from '../graph/attribute.ts';
import type { Node, Shape } from '../graph/model.ts';
import { axisIn } from './axes.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { axesFromFront } from './restate.ts';
import { likeInput } from './result.ts';
import { outputOf, part } from './rewrite.ts';

export default {
  ops: {
    Hardmax: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { axis: int(-1) } },
    LogSoftmax: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { axis: int(-1) } },
    Softmax: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { axis: int(-1) } },
  },
  infer(context) {
    const shape = context.shape(0);
    // A scalar has no axis to name; runtimes accept it.
    if (shape !== undefined && shape.length > 0) axisIn(context, context.int('axis'), shape.length);
    return likeInput(context);
  },
  upgrades: [{ to: 13, opTypes: ['Hardmax', 'LogSoftmax', 'Softmax'], rewrite: flattenAround }],
  downgrades: [
    { from: 13, opTypes: ['Hardmax', 'LogSoftmax', 'Softmax'], rewrite: toLastAxis },
    { from: 11, opTypes: ['Hardmax', 'LogSoftmax', 'Softmax'], rewrite: axesFromFront },
  ],
} satisfies OpFamily;

/** The old meaning is the new one where all axes behind have length 1, so another axis takes the last place meanwhile. */
function toLastAxis(node: Node, context: UpgradeContext): readonly Node[] | string {
  const [x = ''] = node.inputs;
  const given = context.read(node, 'int', 'axis', -1);
  node.attributes.set('axis', int(given));
  const rank = context.shape(x)?.length;
  if (given === -1 || given + 1 === rank) return [node];
  if (rank === undefined) return 'its input has an unknown number of axes';
  const axis = given < 0 ? given + rank : given;
  const shape = context.shape(x) ?? [];
  if (shape.slice(axis + 1).every((dim) => dim === 1)) return [node];
  const perm = int(shape.map((_, at) => (at === axis ? rank - 1 : at === rank - 1 ? axis : at)));
  const there = part(context, node, 'Transpose', [x], { attributes: { perm } });
  const result = context.fresh(`${outputOf(node)}/last`);
  const back = part(context, node, 'Transpose', [result], { attributes: { perm }, outputs: node.outputs });
  node.attributes.set('axis', int(rank - 1));
  node.inputs = [outputOf(there)];
  node.outputs = [result];
  return [there, node, back];
}

/**
 * Up to 12 the operator saw a matrix: the axes from `axis` on were one. That is the same when only one of them is
 * longer than 1; otherwise the matrix is made and undone.
 */
function flattenAround(node: Node, context: UpgradeContext): readonly Node[] {
  const [x = ''] = node.inputs;
  const axis = context.read(node, 'int', 'axis', 1);
  const shape = context.shape(x);
  const only = shape && soleAxis(shape, axis);
  if (only !== undefined) {
    node.attributes.set('axis', int(only));
    return [node];
  }
  const result = outputOf(node);
  const lengths = part(context, node, 'Shape', [x]);
  const matrix = part(context, node, 'Flatten', [x], { attributes: { axis: int(axis) } });
  const shaped = part(context, node, 'Reshape', [context.fresh(`${result}/matrix`), outputOf(lengths)], {
    outputs: [result],
  });
  node.attributes.set('axis', int(-1));
  node.inputs = [outputOf(matrix)];
  node.outputs = [shaped.inputs[0] ?? ''];
  return [lengths, matrix, node, shaped];
}

/** The one axis from `axis` on that may be longer than 1. */
function soleAxis(shape: Shape, axis: number): number | undefined {
  const from = axis < 0 ? axis + shape.length : axis;
  const long = shape.flatMap((dim, at) => (at >= from && dim !== 1 ? [at] : []));
  if (long.length > 1) return undefined;
  return long[0] ?? Math.min(from, shape.length - 1);
}
