// Col2Im adds up blocks where they overlap: a transposed convolution whose every column of weights is one place of the
// block. https://onnx.ai/onnx/operators/onnx__Col2Im.html

import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount } from '../rewrite/formula.ts';

export default {
  opTypes: ['Col2Im'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const image = build.integers(1) ?? build.refuse('a size that is not constant');
    const block = build.integers(2) ?? build.refuse('a block that is not constant');
    const ones = block.map(() => 1) as readonly number[];
    const strides = build.attribute('strides', ones);
    const dilations = build.attribute('dilations', ones);
    const pads = build.attribute('pads', [...ones, ...ones].map(() => 0) as readonly number[]);
    const reach = block.map((size, axis) => (size - 1) * (dilations[axis] ?? 1) + 1);
    const room = image.map(
      (length, axis) => length + (pads[axis] ?? 0) + (pads[axis + block.length] ?? 0) - (reach[axis] ?? 1),
    );
    const counts = room.map((length, axis) => Math.floor(length / (strides[axis] ?? 1)) + 1);
    boundedCount(build, counts);
    const places = block.reduce((product, size) => product * size, 1);
    const channels = build.shape(x)[1];
    if (typeof channels !== 'number') return build.refuse('the number of channels is not known');
    const weights = new Float32Array(boundedCount(build, [places, places]));
    for (let at = 0; at < places; at++) weights[at * places + at] = 1;
    const kernel = build.floats([places, 1, ...block], weights);
    const made = build.add('ConvTranspose', [build.reshape(x, [-1, places, ...counts]), kernel], {
      strides,
      dilations,
      pads,
      output_padding: room.map((length, axis) => length % (strides[axis] ?? 1)),
    });
    return [build.reshape(made, [-1, channels / places, ...image])];
  },
} satisfies Rewrite;
