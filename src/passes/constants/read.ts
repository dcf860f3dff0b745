// Small constants as plain numbers, and what they hold all over.

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';

/** The integers of a constant input, or undefined when it is not one (or is too long to be axes, pads or a shape). */
export function integers(rewriter: Rewriter, value: string | undefined): number[] | undefined {
  const tensor = rewriter.constant(value);
  if (!tensor || (tensor.dtype !== 'int64' && tensor.dtype !== 'int32') || tensor.dims.length > 1)
    return undefined;
  if (tensor.data.length > 4096) return undefined;
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** The numbers of a float32 or float64 constant. */
export function floats(rewriter: Rewriter, value: string | undefined): ArrayLike<number> | undefined {
  const tensor = rewriter.constant(value);
  return tensor && isPlainFloat(tensor) ? (tensor.data as ArrayLike<number>) : undefined;
}

export function isPlainFloat(tensor: Tensor): boolean {
  return tensor.dtype === 'float32' || tensor.dtype === 'float64';
}

/** The one number a constant holds in all its elements; undefined when they differ or it is no plain number. */
export function uniform(tensor: Tensor | undefined): number | undefined {
  if (!tensor || tensor.dtype === 'string' || tensor.dtype === 'float16' || tensor.dtype === 'bfloat16')
    return undefined;
  if (tensor.data.length === 0 || tensor.data.length !== elementCount(tensor.dims)) return undefined;
  const data = tensor.data as ArrayLike<number | bigint>;
  const first = data[0] as number | bigint;
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return undefined;
  return Number(first);
}

/** An axis counted from the front. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/**
 * The axes of an operator that takes them as input 1 since opset 13 or 18 and as an attribute before.
 * `'all'`: none given. undefined: not constant.
 */
export function axesOf(rewriter: Rewriter, node: Node, index = 1): number[] | 'all' | undefined {
  const input = node.inputs[index];
  if (input) return integers(rewriter, input);
  const listed = attribute(node, 'axes', undefined as readonly number[] | undefined);
  return listed === undefined ? 'all' : [...listed];
}
