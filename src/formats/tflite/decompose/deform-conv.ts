// DeformConv: the pixels that each element of the kernel looks at are gathered, then one product with the weights.
// https://onnx.ai/onnx/operators/onnx__DeformConv.html
//
//   P places of the result, K elements of the kernel, C channels that share their offsets:
//   pixels [N, P, K, C] · masks [N, P, K, 1]  →  [N, P, K·C] · weights [K·C, outputs]

import { toFirst } from '../channels-last/window.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, formula, slice } from '../rewrite/formula.ts';
import { finite, Sampler } from './sampling.ts';

export default {
  opTypes: ['DeformConv'],
  rewrite(node, build) {
    const [x = '', w = '', offset = '', bias = '', mask = ''] = node.inputs;
    const shape = build.shape(x);
    if (shape.length !== 4) return build.refuse('other things than images');
    const weights = build.tensor(1);
    if (weights?.dtype !== 'float32') return build.refuse('weights that are not constant');
    const [outputs = 1, , height = 1, width = 1] = build.fixed(w);
    const [down, across] = build.shape(offset).slice(2);
    if (typeof down !== 'number' || typeof across !== 'number')
      return build.refuse('it needs axes of known length');
    const channels = shape[1];
    if (typeof channels !== 'number') return build.refuse('the number of channels is not known');
    const groups = build.attribute('offset_group', 1);
    const size: Size = { down, across, height, width, share: channels / groups, outputs };
    const { plus, times } = formula(build, 'float32');
    const elements = height * width;
    boundedCount(build, [down * across, elements, size.share]);
    const perPlace = elements * size.share;
    const moves = finite(build, offset, 0);
    const parts = Array.from({ length: groups }, (_, group) => {
      const image = groups === 1 ? x : slice(build, x, 1, group * size.share, (group + 1) * size.share);
      const sampler = new Sampler(build, image, [...shape.slice(0, 1), size.share, ...shape.slice(2)], true);
      const places = [0, 1].map((axis) => placesOf(build, moves, group, axis, size));
      const pixels = sampler.sum(places.map((place, axis) => sampler.aroundOrZero(place, axis)));
      const masked = mask === '' ? pixels : times(pixels, rowsOf(build, mask, group, 1, 0, size));
      const rows = build.reshape(masked, [0, down * across, perPlace]);
      return build.add('MatMul', [rows, matrixOf(build, weights.data as Float32Array, group, size)]);
    });
    const [first = '', ...rest] = parts;
    const sum = plus(first, ...rest, ...(bias === '' ? [] : [bias]));
    return [build.transpose(build.reshape(sum, [0, down, across, outputs]), toFirst(4))];
  },
} satisfies Rewrite;

type Size = {
  readonly down: number;
  readonly across: number;
  readonly height: number;
  readonly width: number;
  /** Channels that share their offsets. */
  readonly share: number;
  readonly outputs: number;
};

/** One of the `count` numbers that a group has for each element of the kernel and place: [N, P, K, 1]. */
function rowsOf(build: Build, value: string, group: number, count: number, at: number, size: Size): string {
  const elements = size.height * size.width;
  const own = slice(build, value, 1, group * elements * count, (group + 1) * elements * count);
  const rows = build.reshape(own, [0, elements, count, size.down * size.across]);
  return build.transpose(count === 1 ? rows : slice(build, rows, 2, at, at + 1), [0, 3, 1, 2]);
}

/** Where along an axis (0: down) the elements of the kernel look: their own places, and how far they are moved. */
function placesOf(build: Build, offset: string, group: number, axis: number, size: Size): string {
  const strides = build.attribute('strides', [1, 1] as readonly number[]);
  const dilations = build.attribute('dilations', [1, 1] as readonly number[]);
  const pads = build.attribute('pads', [0, 0, 0, 0] as readonly number[]);
  const [step = 1, dilation = 1, pad = 0] = [strides[axis], dilations[axis], pads[axis]];
  const elements = size.height * size.width;
  const places = Float32Array.from(
    { length: boundedCount(build, [size.down, size.across, elements]) },
    (_, at) => {
      const [place, element] = [Math.floor(at / elements), at % elements];
      const [result, within] =
        axis === 0
          ? [Math.floor(place / size.across), Math.floor(element / size.width)]
          : [place % size.across, element % size.width];
      return result * step - pad + within * dilation;
    },
  );
  const own = build.floats([1, size.down * size.across, elements, 1], places);
  return formula(build, 'float32').plus(rowsOf(build, offset, group, 2, axis, size), own);
}

/** The weights of a group of offsets, [K·C, outputs]; zeros between channels of other groups of the convolution. */
function matrixOf(build: Build, weights: Float32Array, group: number, size: Size): string {
  const { share, outputs, height, width } = size;
  const elements = height * width;
  const count = build.attribute('group', 1);
  const perGroup = weights.length / outputs / elements;
  const dims = [elements * share, outputs];
  const data = new Float32Array(boundedCount(build, dims));
  for (let channel = 0; channel < share; channel++) {
    const whole = group * share + channel;
    const own = Math.floor(whole / perGroup);
    for (let output = 0; output < outputs; output++) {
      if (Math.floor(output / (outputs / count)) !== own) continue;
      for (let element = 0; element < elements; element++) {
        data[(element * share + channel) * outputs + output] =
          weights[(output * perGroup + (whole % perGroup)) * elements + element] ?? 0;
      }
    }
  }
  return build.floats(dims, data);
}
