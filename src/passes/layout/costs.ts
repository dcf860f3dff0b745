// What a Transpose would cost where.

import type { Node } from '../../graph/model.ts';
import type { Rewriter } from '../uses.ts';
import { isReshape, type Layout } from './layout.ts';
import { UNCUTTABLE } from './min-cut.ts';
import { isTranspose } from './transpose.ts';

// In thousandths of a Transpose inside the graph. One at a graph input or output is a little better, because it stands
// apart from the work; one that only moves axes of length one is a Reshape, and becomes one with its neighbour where that
// reshapes as well.
const INSIDE = 1000;
const NEAR_BOUNDARY = 920;
const AT_BOUNDARY = 900;
const AS_RESHAPE = 600;
const AS_RESHAPE_AT_BOUNDARY = 540;
const AS_PART_OF_RESHAPE = 100;

/** Of holding the value in another layout as well. */
export function costOf(value: string, layout: Layout, rewriter: Rewriter): number {
  const shape = rewriter.shape(value);
  if (layout.kind !== 'perm') return UNCUTTABLE;
  const isBoundary = rewriter.isInput(value) || rewriter.isPinned(value);
  if (shape && isReshape(shape, layout.perm)) {
    if (isBoundary) return AS_RESHAPE_AT_BOUNDARY;
    return meetsReshape(value, rewriter) ? AS_PART_OF_RESHAPE : AS_RESHAPE;
  }
  if (isBoundary || leadsToBoundary(value, isTranspose, rewriter)) return AT_BOUNDARY;
  return leadsToBoundary(value, isReshaping, rewriter) ? NEAR_BOUNDARY : INSIDE;
}

/** Made by a Reshape, or read by nothing else. */
function meetsReshape(value: string, rewriter: Rewriter): boolean {
  const [maker, reader] = [rewriter.producer(value), rewriter.onlyUser(value)];
  return (maker !== undefined && isReshaping(maker)) || (reader !== undefined && isReshaping(reader));
}

/** An input or output of the graph but for one node of this kind. */
export function leadsToBoundary(value: string, isKind: (node: Node) => boolean, rewriter: Rewriter): boolean {
  const maker = rewriter.producer(value);
  if (maker && isKind(maker) && rewriter.isInput(maker.inputs[0] ?? '')) return true;
  const reader = rewriter.onlyUser(value);
  return reader !== undefined && isKind(reader) && rewriter.isPinned(reader.outputs[0] ?? '');
}

const reshapes = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

export function isReshaping(node: Node): boolean {
  return node.domain === '' && reshapes.has(node.opType);
}
