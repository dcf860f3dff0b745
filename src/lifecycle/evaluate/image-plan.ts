// What pixels an input of a model takes: size and channels by its shape, the rest by the signature.

import type { PixelSpec } from '../../encoding/images.ts';
import { errors } from '../../errors.ts';
import type { ImageSignature } from '../../graph/signature.ts';
import type { TensorInfo } from '../../runtimes/session.ts';
import { spellRow } from './fit.ts';

export type ImagePlan = {
  readonly spec: PixelSpec;
  /** Axes of one row of the input. */
  readonly dims: readonly number[];
  /** Channels come before height and width. */
  readonly isChannelsFirst: boolean;
};

type Axes = {
  height: number | undefined;
  width: number | undefined;
  channels: number;
  isChannelsFirst: boolean;
};

type ImageInput = Pick<TensorInfo, 'name' | 'shape'>;

/** float32 of the largest row has 1 GiB. */
const MOST_NUMBERS = 2 ** 28;

/** Errors: FEATURES_MISMATCH for an input that takes no images, or none of a known size. */
export function planImages(input: ImageInput, image: ImageSignature = {}): ImagePlan {
  const axes = axesOf(input, image.size);
  const [height = axes.height, width = axes.width] = image.size ?? [];
  if (height === undefined || width === undefined) {
    throw errors.FEATURES_MISMATCH(
      `input ${input.name} takes images of any size: ${spellRow(input.shape)}`,
      `say which in the manifest: signature.inputs.${input.name}.image: { size: [height, width] }`,
    );
  }
  if ((axes.height ?? height) !== height || (axes.width ?? width) !== width) {
    throw errors.FEATURES_MISMATCH(
      `the signature's image size is ${height}×${width}, and input ${input.name} takes ${axes.height ?? '?'}×${axes.width ?? '?'}`,
      'leave image.size out: the model knows it',
    );
  }
  const { channels, isChannelsFirst } = axes;
  if (height * width * channels > MOST_NUMBERS) {
    throw errors.FEATURES_MISMATCH(
      `images of ${height}×${width}×${channels} for input ${input.name} have more than ${MOST_NUMBERS} numbers`,
      'check image.size in the manifest',
    );
  }
  const rank = (input.shape?.length ?? 4) - 1;
  const pixels = isChannelsFirst ? [channels, height, width] : [height, width, channels];
  return {
    spec: {
      height,
      width,
      channels: channels as 1 | 3 | 4,
      order: image.channels ?? 'rgb',
      fit: image.fit ?? 'fill',
      interpolation: image.interpolation ?? 'bilinear',
    },
    dims: rank === 1 ? [height * width * channels] : rank === 2 ? [height, width] : pixels,
    isChannelsFirst,
  };
}

function axesOf(input: ImageInput, size: ImageSignature['size']): Axes {
  const row = input.shape?.slice(1).map((dim) => (typeof dim === 'number' ? dim : undefined));
  if (row?.length === 3) {
    const [first, middle, last] = row;
    // Where both ends could be channels, color is likelier than gray or opacity; else the last axis, as Keras has it.
    const isFirst = isChannels(first) && (!isChannels(last) || (first === 3 && last !== 3));
    if (isFirst) return { channels: first, height: middle, width: last, isChannelsFirst: true };
    if (isChannels(last)) return { channels: last, height: first, width: middle, isChannelsFirst: false };
  }
  if (row?.length === 2) return { channels: 1, height: row[0], width: row[1], isChannelsFirst: false };
  const [count] = row ?? [];
  if (row?.length === 1 && count !== undefined) {
    const channels = size === undefined ? undefined : count / (size[0] * size[1]);
    if (isChannels(channels))
      return { channels, height: undefined, width: undefined, isChannelsFirst: false };
    throw errors.FEATURES_MISMATCH(
      size === undefined
        ? `the data is images, and input ${input.name} takes ${spellRow(input.shape)} per row, without height and width`
        : `input ${input.name} takes ${spellRow(input.shape)} per row, which is no image of ${size.join('×')}`,
      `where they are pixels, the manifest says how: signature.inputs.${input.name}.image: { size: [height, width] }`,
    );
  }
  throw errors.FEATURES_MISMATCH(
    `the data is images, and input ${input.name} takes ${spellRow(input.shape)} per row`,
    'images have 1, 3 or 4 channels, first or last',
  );
}

function isChannels(dim: number | undefined): dim is 1 | 3 | 4 {
  return dim === 1 || dim === 3 || dim === 4;
}
