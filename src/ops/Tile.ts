// https://onnx.ai/onnx/operators/onnx__Tile.html
// Opsets: 1, 6, 13.

import { product, unknownDims } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Tile: { since: 1, inputs: [2, 2], outputs: [1, 1] },
  },
  infer(context) {
    const shape = context.shape(0);
    const repeats = context.integers(1);
    if (shape === undefined) return [tensorOf(context.dtype(0), undefined)];
    if (repeats === undefined) return [tensorOf(context.dtype(0), unknownDims(shape.length))];
    if (repeats.length !== shape.length)
      context.fail(`${repeats.length} repeats for a tensor of rank ${shape.length}`);
    return [
      tensorOf(
        context.dtype(0),
        shape.map((dim, axis) => product([dim, repeats[axis] ?? null])),
      ),
    ];
  },
} satisfies OpFamily;
