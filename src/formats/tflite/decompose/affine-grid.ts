// AffineGrid of a size that is known: one product with the constant coordinates of every place.
// https://onnx.ai/onnx/operators/onnx__AffineGrid.html

import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount } from '../rewrite/formula.ts';

export default {
  opTypes: ['AffineGrid'],
  rewrite(node, build) {
    const [theta = ''] = node.inputs;
    const size = build.integers(1) ?? build.refuse('a size that is not constant');
    const spatial = size.slice(2);
    const isAligned = build.attribute('align_corners', 0) === 1;
    const count = boundedCount(build, spatial);
    const rank = spatial.length;
    // One row per coordinate, the last axis first, and one of ones.
    const base = new Float32Array((rank + 1) * count).fill(1);
    let inner = 1;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const length = spatial[axis] ?? 1;
      for (let at = 0; at < count; at++) {
        const index = Math.floor(at / inner) % length;
        base[(rank - 1 - axis) * count + at] = coordinate(index, length, isAligned);
      }
      inner *= length;
    }
    const grid = build.add('MatMul', [theta, build.floats([rank + 1, count], base)]);
    return [build.reshape(build.transpose(grid, [0, 2, 1]), [-1, ...spatial, rank])];
  },
} satisfies Rewrite;

function coordinate(index: number, length: number, isAligned: boolean): number {
  if (!isAligned) return (2 * index + 1) / length - 1;
  return length === 1 ? 0 : (2 * index) / (length - 1) - 1;
}
