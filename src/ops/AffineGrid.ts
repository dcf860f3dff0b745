// https://onnx.ai/onnx/operators/onnx__AffineGrid.html
// Opsets: 20.

import { int } from '../graph/attribute.ts';
import { listOf } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    AffineGrid: { since: 20, inputs: [2, 2], outputs: [1, 1], attributes: { align_corners: int(0) } },
  },
  infer(context) {
    // size is [N, C, H, W] or [N, C, D, H, W]; the grid has one coordinate for each spatial axis.
    const size = listOf(context, 1);
    if (size === undefined) return [tensorOf(context.dtype(0), undefined)];
    const [batch = null, , ...spatial] = size;
    return [tensorOf(context.dtype(0), [batch, ...spatial, spatial.length])];
  },
} satisfies OpFamily;
