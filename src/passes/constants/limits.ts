// Reads operators that keep numbers within limits.

import type { Node } from '../../graph/model.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import { isPlainFloat, uniform } from './read.ts';

/** min(max(x, low), high), which is ONNX' Clip also where low is above high. */
export type Limits = { readonly input: string; readonly low: number; readonly high: number };

export function limitsOf(node: Node, rewriter: Rewriter): Limits | undefined {
  if (node.domain !== '') return undefined;
  const [input = '', first, second] = node.inputs;
  const none = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  switch (node.opType) {
    case 'Relu':
      return { ...none, input, low: 0 };
    case 'Clip': {
      const low = first ? numberOf(rewriter.constant(first)) : none.low;
      const high = second ? numberOf(rewriter.constant(second)) : none.high;
      return low === undefined || high === undefined || low > high ? undefined : { input, low, high };
    }
    case 'Min':
    case 'Max': {
      if (node.inputs.length !== 2) return undefined;
      for (const [value = '', limit] of [
        [input, first],
        [first, input],
      ]) {
        const found = numberOf(rewriter.constant(limit));
        if (found === undefined) continue;
        return node.opType === 'Min'
          ? { ...none, input: value, high: found }
          : { ...none, input: value, low: found };
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

/** A constant of one element and no axes: others might widen the result. */
function numberOf(tensor: Tensor | undefined): number | undefined {
  if (!tensor || !isPlainFloat(tensor) || elementCount(tensor.dims) !== 1 || tensor.dims.length > 1)
    return undefined;
  const value = uniform(tensor);
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
