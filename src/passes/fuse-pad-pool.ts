// Given:   y = Pad(x, zeros) of spatial axes, no element of x below zero        z = MaxPool(y)
// Result:  z = MaxPool(x, pads)
//
//   1. MaxPool looks past what it pads, which is the same as zeros as long as every window holds an element of x and all of
//      those are at least zero: the pads are smaller than the window, and x comes from Relu or the like.
//   2. Left alone: y has another reader; the Pad is of the batch or the channels, of another number, or takes away.
//
// How ResNet spells its first pool in Keras.

import { attribute, int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { axesOf, axisOf, integers, uniform } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteGraphs } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'fuse-pad-pool',
  run(model) {
    const modified = rewriteGraphs(model, (rewriter) => {
      let count = 0;
      for (const node of rewriter.nodes()) if (fuse(node, rewriter)) count++;
      return count;
    });
    return { modified };
  },
} satisfies Pass;

function fuse(pool: Node, rewriter: Rewriter): boolean {
  const [value = ''] = pool.inputs;
  const pad = rewriter.producer(value);
  if (pool.domain !== '' || pool.opType !== 'MaxPool' || pool.outputs.length !== 1 || pad?.domain !== '')
    return false;
  if (pad.opType !== 'Pad' || rewriter.onlyUser(value) !== pool || !padsZeros(pad, rewriter)) return false;
  const rank = rewriter.shape(value)?.length;
  const added = rank === undefined ? undefined : padsOf(pad, rank, rewriter);
  const [input = ''] = pad.inputs;
  if (!added || rank === undefined || !isNeverNegative(input, rewriter)) return false;
  const kernel = attribute(pool, 'kernel_shape', [] as readonly number[]);
  const given = attribute(pool, 'pads', new Array<number>(2 * (rank - 2)).fill(0));
  if (attribute(pool, 'auto_pad', 'NOTSET') !== 'NOTSET' && attribute(pool, 'auto_pad', '') !== 'VALID')
    return false;
  // Windows further apart than one element may miss x altogether.
  if (attribute(pool, 'dilations', [] as readonly number[]).some((step) => step !== 1)) return false;
  // Rounded up, the last window may begin in the padding.
  if (attribute(pool, 'ceil_mode', 0) !== 0) return false;
  const pads = added.map((count, index) => count + (given[index] ?? 0));
  if (pads.some((count, index) => count >= (kernel[index % (rank - 2)] ?? 1))) return false;
  pool.attributes.delete('auto_pad');
  pool.attributes.set('pads', int(pads));
  rewriter.setInputs(pool, [input]);
  rewriter.remove(pad);
  return true;
}

function padsZeros(pad: Node, rewriter: Rewriter): boolean {
  if (attribute(pad, 'mode', 'constant') !== 'constant') return false;
  return !pad.inputs[2] || uniform(rewriter.constant(pad.inputs[2])) === 0;
}

/** What is added at the start and end of the spatial axes; undefined when other axes are padded or elements are taken. */
function padsOf(pad: Node, rank: number, rewriter: Rewriter): number[] | undefined {
  const counts = integers(rewriter, pad.inputs[1]);
  const given = axesOf(rewriter, pad, 3);
  if (!counts || given === undefined || counts.some((count) => count < 0)) return undefined;
  const axes =
    given === 'all'
      ? Array.from({ length: rank }, (_, axis) => axis)
      : given.map((axis) => axisOf(axis, rank));
  if (counts.length !== 2 * axes.length) return undefined;
  const pads = new Array<number>(2 * (rank - 2)).fill(0);
  for (const [index, axis] of axes.entries()) {
    for (const side of [0, 1]) {
      const count = counts[index + side * axes.length] ?? 0;
      if (axis >= 2) pads[axis - 2 + side * (rank - 2)] = count;
      else if (count !== 0) return undefined;
    }
  }
  return pads;
}

const neverNegative = new Set([
  'Relu',
  'Sigmoid',
  'HardSigmoid',
  'Softmax',
  'Softplus',
  'Exp',
  'Abs',
  'Sqrt',
]);
const keepSign = new Set([
  'MaxPool',
  'AveragePool',
  'GlobalMaxPool',
  'Identity',
  'Transpose',
  'Reshape',
  'Pad',
]);

function isNeverNegative(value: string, rewriter: Rewriter): boolean {
  let at = value;
  for (let steps = 0; steps < 8; steps++) {
    const node = rewriter.producer(at);
    if (node?.domain !== '') return false;
    if (neverNegative.has(node.opType)) return true;
    if (node.opType === 'Clip') return (uniform(rewriter.constant(node.inputs[1])) ?? -1) >= 0;
    if (!keepSign.has(node.opType) || (node.opType === 'Pad' && !padsZeros(node, rewriter))) return false;
    at = node.inputs[0] ?? '';
  }
  return false;
}
