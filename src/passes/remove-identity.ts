// Removes nodes whose output always equals one of their inputs. Each rule below says when; all of them need what they
// look at to be constant or statically known.
//
//   Identity(x)                                           → x
//   Dropout(x) outside training, mask unread              → x
//   Cast(x) to the dtype x has, CastLike likewise         → x
//   Transpose(x) that keeps the order                     → x
//   Reshape, Flatten, Expand, Squeeze, Unsqueeze, Resize(scales 1), Tile(1) whose result has x's shape → x
//   Pad by nothing, Slice of everything, Concat / Sum / Max / Min / Mean / Split of one → x
//   x + 0, x − 0, x × 1, x ÷ 1, x ^ 1 where the constant does not widen x → x
//   Clip without limits, a pool over single elements       → x
//   Relu(Relu(x)), Relu after Sigmoid / Softmax …          → the first one

import { attribute } from '../graph/attribute.ts';
import type { Node, Shape } from '../graph/model.ts';
import { axesOf, integers, uniform } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteGraphs } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'remove-identity',
  run(model) {
    const modified = rewriteGraphs(model, (rewriter) => {
      let count = 0;
      for (const node of rewriter.nodes()) {
        const rule = node.domain === '' ? rules[node.opType] : undefined;
        if (!rule) continue;
        const index = rule(node, rewriter);
        const value = index === undefined ? undefined : node.inputs[index];
        if (value && rewriter.bypass(node, value)) count++;
      }
      return count;
    });
    return { modified };
  },
} satisfies Pass;

/** The index of the input that the first output equals, or undefined. */
type Rule = (node: Node, rewriter: Rewriter) => number | undefined;

const when = (holds: boolean): number | undefined => (holds ? 0 : undefined);

const rules: Readonly<Record<string, Rule>> = {
  Identity: () => 0,
  Dropout: (node, rewriter) => when(!trains(node, rewriter) && isUnread(node.outputs[1], rewriter)),
  Cast: (node, rewriter) => when(keepsDtype(node, rewriter)),
  CastLike: (node, rewriter) => when(keepsDtype(node, rewriter)),
  Transpose(node) {
    const perm = attribute(node, 'perm', undefined as readonly number[] | undefined);
    return when(perm?.every((axis, index) => axis === index) ?? false);
  },
  Reshape: keepsShape,
  Flatten: keepsShape,
  Expand: keepsShape,
  Squeeze: keepsShape,
  Unsqueeze: keepsShape,
  Tile: keepsShapeStatically,
  Resize(node, rewriter) {
    const coordinates = attribute(node, 'coordinate_transformation_mode', 'half_pixel');
    const scales = node.inputs[2] ? rewriter.constant(node.inputs[2]) : undefined;
    return when(coordinates !== 'tf_crop_and_resize' && uniform(scales) === 1);
  },
  Pad: (node, rewriter) => when(integers(rewriter, node.inputs[1])?.every((pad) => pad === 0) ?? false),
  Slice: (node, rewriter) => when(takesAll(node, rewriter)),
  Concat: ofOne,
  Sum: ofOne,
  Max: ofOne,
  Min: ofOne,
  Mean: ofOne,
  Split: (node) => when(node.outputs.length === 1),
  Add: (node, rewriter) => neutral(node, rewriter, 0, true),
  Sub: (node, rewriter) => neutral(node, rewriter, 0, false),
  Mul: (node, rewriter) => neutral(node, rewriter, 1, true),
  Div: (node, rewriter) => neutral(node, rewriter, 1, false),
  Pow: (node, rewriter) => neutral(node, rewriter, 1, false),
  Clip: (node) => when(!node.inputs[1] && !node.inputs[2]),
  MaxPool: (node, rewriter) => when(poolsNothing(node) && isUnread(node.outputs[1], rewriter)),
  AveragePool: (node) => when(poolsNothing(node)),
  Relu: (node, rewriter) => when(alreadyPositive.has(rewriter.producer(node.inputs[0] ?? '')?.opType ?? '')),
};

const alreadyPositive = new Set([
  'Relu',
  'Sigmoid',
  'HardSigmoid',
  'Softmax',
  'Softplus',
  'Exp',
  'Abs',
  'Sqrt',
]);

function trains(node: Node, rewriter: Rewriter): boolean {
  const mode = node.inputs[2];
  return mode ? uniform(rewriter.constant(mode)) !== 0 : false;
}

function isUnread(value: string | undefined, rewriter: Rewriter): boolean {
  return !value || (rewriter.useCount(value) === 0 && !rewriter.isPinned(value));
}

function keepsDtype(node: Node, rewriter: Rewriter): boolean {
  const dtype = rewriter.dtype(node.inputs[0]);
  return dtype !== undefined && dtype === rewriter.dtype(node.outputs[0]);
}

function keepsShape(node: Node, rewriter: Rewriter): number | undefined {
  return when(isSameShape(rewriter.shape(node.inputs[0]), rewriter.shape(node.outputs[0])));
}

// A repeat of a symbolic axis gives a new symbol, but one of length 1 could hide behind equal ones.
function keepsShapeStatically(node: Node, rewriter: Rewriter): number | undefined {
  return when(integers(rewriter, node.inputs[1])?.every((repeat) => repeat === 1) ?? false);
}

function isSameShape(a: Shape | undefined, b: Shape | undefined): boolean {
  return a !== undefined && a.length === b?.length && a.every((dim, axis) => dim !== null && dim === b[axis]);
}

function takesAll(node: Node, rewriter: Rewriter): boolean {
  const shape = rewriter.shape(node.inputs[0]);
  const starts = integers(rewriter, node.inputs[1]);
  const ends = integers(rewriter, node.inputs[2]);
  const steps = node.inputs[4] ? integers(rewriter, node.inputs[4]) : starts?.map(() => 1);
  const given = axesOf(rewriter, node, 3);
  if (!shape || !starts || !ends || !steps || given === undefined) return false;
  const axes = given === 'all' ? starts.map((_, axis) => axis) : given;
  return starts.every((start, index) => {
    const dim = shape[axes[index] ?? 0] ?? shape.at(axes[index] ?? 0);
    const end = ends[index] ?? 0;
    const reaches = end >= 2 ** 31 - 1 || (typeof dim === 'number' && end >= dim);
    return start === 0 && steps[index] === 1 && reaches;
  });
}

function ofOne(node: Node): number | undefined {
  return when(node.inputs.length === 1);
}

/** The other operand of an operation with its neutral element. */
function neutral(node: Node, rewriter: Rewriter, element: number, commutes: boolean): number | undefined {
  for (const index of commutes ? [1, 0] : [1]) {
    const other = 1 - index;
    const tensor = rewriter.constant(node.inputs[index]);
    if (!tensor || uniform(tensor) !== element) continue;
    if (isSameShape(rewriter.shape(node.inputs[other]), rewriter.shape(node.outputs[0]))) return other;
  }
  return undefined;
}

function poolsNothing(node: Node): boolean {
  const all = (name: string, value: number) =>
    attribute(node, name, [] as readonly number[]).every((entry) => entry === value);
  return (
    all('kernel_shape', 1) &&
    all('strides', 1) &&
    all('pads', 0) &&
    attribute(node, 'auto_pad', 'NOTSET') === 'NOTSET'
  );
}
