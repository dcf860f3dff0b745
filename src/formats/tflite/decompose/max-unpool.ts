// MaxUnpool writes its elements into zeros. https://onnx.ai/onnx/operators/onnx__MaxUnpool.html
//
//   1. Indices are numbers of elements in the result that the windows give; a larger one asked for is padded after it.
//   2. Windows that overlap may give the same place twice. SCATTER_ND adds up: the sum is divided by how many there are.

import { tensorType } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, cast, formula } from '../rewrite/formula.ts';

export default {
  opTypes: ['MaxUnpool'],
  rewrite(node, build) {
    const [x = '', indices = '', asked = ''] = node.inputs;
    const kernel = build.attribute('kernel_shape', [] as readonly number[]);
    const strides = build.attribute('strides', kernel.map(() => 1) as readonly number[]);
    const pads = build.attribute('pads', [...kernel, ...kernel].map(() => 0) as readonly number[]);
    const [batch = 1, channels = 1, ...spatial] = build.fixed(x);
    if (kernel.length !== spatial.length) return build.refuse('a kernel of another number of axes');
    const sizes = kernel.map(
      (size, axis) =>
        ((spatial[axis] ?? 1) - 1) * (strides[axis] ?? 1) -
        (pads[axis] ?? 0) -
        (pads[axis + kernel.length] ?? 0) +
        size,
    );
    const count = boundedCount(build, [batch, channels, ...sizes]);
    const places = build.reshape(cast(build, indices, 'int32'), [-1, 1]);
    const spread = scatter(build, places, build.reshape(x, [-1]), count);
    const { over, most } = formula(build, 'float32');
    const overlaps = kernel.some((size, axis) => size > (strides[axis] ?? 1));
    const ones = new Float32Array(boundedCount(build, [batch, channels, ...spatial])).fill(1);
    const single = overlaps
      ? over(spread, most(scatter(build, places, build.floats([ones.length], ones), count), 1))
      : spread;
    const result = build.reshape(single, [batch, channels, ...sizes]);
    if (asked === '') return [result];
    const target = build.integers(2) ?? build.refuse('a size of the result that is not constant');
    const missing = target.slice(2).map((length, axis) => length - (sizes[axis] ?? 0));
    if (missing.every((length) => length === 0)) return [result];
    return [build.add('Pad', [result, build.ints([...target.map(() => 0), 0, 0, ...missing])])];
  },
} satisfies Rewrite;

/** Values at their places among `count` zeros, added up where they meet. */
function scatter(build: Build, places: string, values: string, count: number): string {
  const shape = build.constant({ dtype: 'int32', dims: [1], data: Int32Array.of(count) }, 'shape');
  return build.tflite('SCATTER_ND', [places, values, shape], {}, tensorType('float32', [count]));
}
