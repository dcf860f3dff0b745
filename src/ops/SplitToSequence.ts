// https://onnx.ai/onnx/operators/onnx__SplitToSequence.html
// Opsets: 11, 24.

import { int } from '../graph/attribute.ts';
import type { Dim } from '../graph/model.ts';
import { axisIn, withDim } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    SplitToSequence: {
      since: 11,
      inputs: [1, 2],
      outputs: [1, 1],
      attributes: { axis: int(0), keepdims: int(1) },
      later: { bfloat16: 24 },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [sequence(tensorOf(context.dtype(0), undefined))];
    const at = axisIn(context, context.int('axis'), shape.length);
    const isWhole = (context.node.inputs[1] ?? '') === '';
    // Without parts, single slices, with the axis or without it.
    if (isWhole && context.int('keepdims') === 0) {
      return [
        sequence(
          tensorOf(
            context.dtype(0),
            shape.filter((_, axis) => axis !== at),
          ),
        ),
      ];
    }
    return [
      sequence(
        tensorOf(context.dtype(0), withDim(shape, at, isWhole ? 1 : partLength(context, shape[at] ?? null))),
      ),
    ];
  },
} satisfies OpFamily;

function sequence(element: ReturnType<typeof tensorOf>) {
  return element && ({ kind: 'sequence', element } as const);
}

/** The length all parts have in common. */
function partLength(context: InferContext, total: Dim): Dim {
  const parts = context.integers(1);
  const [first = null] = parts ?? [];
  if (parts === undefined || !parts.every((part) => part === first)) return null;
  const isChunk = context.shape(1)?.length === 0;
  // Chunks of one length leave a shorter last one, unless they fit.
  if (!isChunk) return first;
  return typeof first === 'number' && typeof total === 'number' && total % first === 0 ? first : null;
}
