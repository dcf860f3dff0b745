// Reading Transpose nodes.

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import type { Layout } from './layout.ts';

export function isTranspose(node: Node): boolean {
  return node.domain === '' && node.opType === 'Transpose';
}

export function isTransposeTo(node: Node, layout: Layout): boolean {
  if (!isTranspose(node) || layout.kind !== 'perm') return false;
  return String(permOf(node, layout.perm.length)) === String(layout.perm);
}

/** Reverses the axes when the attribute is missing. https://onnx.ai/onnx/operators/onnx__Transpose.html */
export function permOf(node: Node, rank: number): readonly number[] {
  return (
    attribute(node, 'perm', undefined as readonly number[] | undefined) ??
    Array.from({ length: rank }, (_, axis) => rank - 1 - axis)
  );
}
