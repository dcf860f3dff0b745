// Given:   Pad(x, zeros around the spatial axes) → Conv | AveragePool | MaxPool
// Result:  the same operator with larger pads of its own
//
//   1. Conv pads with zeros itself.
//   2. AveragePool counts padded elements when count_include_pad is 1; it must not have pads that do not count, nor
//      round its output up (the elements beyond the end are never counted).
//   3. MaxPool pads with −∞: the same as zeros when x is never negative and no window lies in the padding alone; a Pad
//      with −∞ always.
//   4. An activation that leaves zero as it is may stand between: what it makes of the padding is the same padding.
// Never when the Pad has another reader, cuts elements off (negative pads), or pads batch or channels.

import { attribute, int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { axesOf, axisOf, integers, uniform } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'fuse-pad-conv',
  run(model) {
    return { modified: rewriteNodes(model, fuse) };
  },
} satisfies Pass;

function fuse(pad: Node, rewriter: Rewriter): boolean {
  if (pad.domain !== '' || pad.opType !== 'Pad') return false;
  const [input = ''] = pad.inputs;
  const [output = ''] = pad.outputs;
  const value = padValue(pad, rewriter);
  const first = rewriter.onlyUser(output);
  const between = value === 0 ? activationsAfter(output, rewriter) : [];
  const read = between.at(-1)?.outputs[0] ?? output;
  const user = rewriter.onlyUser(read);
  const rank = rewriter.shape(input)?.length;
  if (user?.domain !== '' || rank === undefined || rank < 3 || user.inputs[0] !== read) return false;
  const extra = spatialPads(pad, rank, rewriter);
  if (!first || !extra || value === undefined || !hasExplicitPads(user)) return false;
  const none: readonly number[] = new Array<number>(2 * (rank - 2)).fill(0);
  const own = attribute(user, 'auto_pad', 'NOTSET') === 'VALID' ? none : attribute(user, 'pads', none);
  if (
    own.length !== extra.length ||
    !accepts(user, value, own, extra, between.length ? read : input, rewriter)
  )
    return false;
  user.attributes.set('pads', int(own.map((count, index) => count + (extra[index] ?? 0))));
  user.attributes.delete('auto_pad');
  rewriter.setInput(first, 0, input);
  rewriter.remove(pad);
  // Their shapes are to be inferred anew.
  for (const { outputs } of between) rewriter.graph.types.delete(outputs[0] ?? '');
  return true;
}

const keepsZero = new Set([
  'Relu',
  'LeakyRelu',
  'Elu',
  'Selu',
  'Celu',
  'Tanh',
  'Softsign',
  'Gelu',
  'HardSwish',
  'Mish',
]);

/** The activations that come one after the other, each read by the next alone. */
function activationsAfter(value: string, rewriter: Rewriter): Node[] {
  const found: Node[] = [];
  for (let at = value; found.length < 4; ) {
    const node = rewriter.onlyUser(at);
    if (node?.domain !== '' || !(keepsZero.has(node.opType) || isClipAroundZero(node, rewriter))) break;
    found.push(node);
    at = node.outputs[0] ?? '';
  }
  return found;
}

function isClipAroundZero({ opType, inputs }: Node, rewriter: Rewriter): boolean {
  const limit = (name: string | undefined) => (name ? uniform(rewriter.constant(name)) : 0);
  const [low, high] = [limit(inputs[1]), limit(inputs[2])];
  return opType === 'Clip' && low !== undefined && high !== undefined && low <= 0 && high >= 0;
}

function hasExplicitPads(user: Node): boolean {
  const auto = attribute(user, 'auto_pad', 'NOTSET');
  return auto === 'NOTSET' || auto === 'VALID' || auto === '';
}

/** Begins then ends, spatial axes only; undefined when it pads anything else or cuts. */
function spatialPads(pad: Node, rank: number, rewriter: Rewriter): number[] | undefined {
  const pads = integers(rewriter, pad.inputs[1]);
  const given = axesOf(rewriter, pad, 3);
  if (!pads || given === undefined) return undefined;
  const axes = given === 'all' ? Array.from({ length: rank }, (_, axis) => axis) : given;
  if (pads.length !== 2 * axes.length || pads.some((count) => count < 0)) return undefined;
  const spatial = new Array<number>(2 * (rank - 2)).fill(0);
  for (const [index, given] of axes.entries()) {
    const axis = axisOf(given, rank) - 2;
    const begin = pads[index] ?? 0;
    const end = pads[index + axes.length] ?? 0;
    if (axis < 0 && (begin > 0 || end > 0)) return undefined;
    if (axis < 0) continue;
    spatial[axis] = begin;
    spatial[axis + rank - 2] = end;
  }
  return spatial;
}

function padValue(pad: Node, rewriter: Rewriter): number | undefined {
  if (attribute(pad, 'mode', 'constant') !== 'constant') return undefined;
  return pad.inputs[2] ? uniform(rewriter.constant(pad.inputs[2])) : 0;
}

function accepts(
  user: Node,
  value: number,
  own: readonly number[],
  extra: readonly number[],
  input: string,
  rewriter: Rewriter,
): boolean {
  const kernel = attribute(user, 'kernel_shape', [] as readonly number[]);
  const isWithinWindow = own.every(
    (count, index) => count + (extra[index] ?? 0) < (kernel[index % kernel.length] ?? 0),
  );
  const roundsUp = attribute(user, 'ceil_mode', 0) === 1;
  switch (user.opType) {
    case 'Conv':
      return value === 0;
    case 'AveragePool': {
      // onnxruntime wants pads smaller than the window.
      const counts = attribute(user, 'count_include_pad', 0) === 1 || own.every((count) => count === 0);
      if (value !== 0 || !counts || roundsUp || !isWithinWindow) return false;
      user.attributes.set('count_include_pad', int(1));
      return true;
    }
    case 'MaxPool': {
      const isDilated = attribute(user, 'dilations', [1] as readonly number[]).some((step) => step !== 1);
      if (roundsUp || isDilated || !isWithinWindow || user.outputs.length > 1) return false;
      if (value === Number.NEGATIVE_INFINITY) return true;
      const ownIsNone = own.every((count) => count === 0);
      return value === 0 && ownIsNone && neverNegative.has(rewriter.producer(input)?.opType ?? '');
    }
    default:
      return false;
  }
}

const neverNegative = new Set([
  'Relu',
  'Sigmoid',
  'HardSigmoid',
  'Softmax',
  'Abs',
  'Exp',
  'Softplus',
  'Sqrt',
]);
