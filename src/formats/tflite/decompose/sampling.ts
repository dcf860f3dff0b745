// Pixels of images at places that are computed: what GridSample, RoiAlign and DeformConv look at.
//
//   1. The image becomes [N, pixels, C], and a place one number: the pixel's.
//   2. Between pixels, each axis has taps: whole places and how much of them is taken. The result is the sum over all
//      their combinations.

import type { Shape } from '../../../graph/model.ts';
import { toLast } from '../channels-last/window.ts';
import type { Build } from '../rewrite/build.ts';
import { cast, type Formula, formula } from '../rewrite/formula.ts';

/** One place along an axis, a whole number in float32 within the image, and its weight; undefined: all of it. */
export type Tap = { readonly place: string; readonly weight: string | undefined };

/** Numbers of pixels are computed in float32. */
const MOST_PIXELS = 2 ** 24;

export class Sampler {
  readonly build: Build;
  readonly numbers: Formula;
  readonly sizes: readonly number[];
  readonly #pixels: string;
  readonly #isBatched: boolean;

  /** `isBatched`: places come for each image; otherwise they count through the pixels of all images. */
  constructor(build: Build, x: string, shape: Shape, isBatched: boolean) {
    const [channels = null, ...spatial] = shape.slice(1);
    if (typeof channels !== 'number' || !spatial.every((dim) => typeof dim === 'number'))
      build.refuse('it needs images of known size');
    this.build = build;
    this.numbers = formula(build, 'float32');
    this.sizes = spatial as readonly number[];
    this.#isBatched = isBatched;
    if (this.pixels > MOST_PIXELS) build.refuse(`images of more than ${MOST_PIXELS} pixels`);
    const last = build.transpose(x, toLast(shape.length));
    const dims = isBatched ? [0, this.pixels, channels as number] : [-1, channels as number];
    this.#pixels = build.reshape(last, dims);
  }

  /** Of one image. */
  get pixels(): number {
    return this.sizes.reduce((product, size) => product * size, 1);
  }

  /** Pixels at one place per axis, each […, 1]: […, C]. `first`: the number of the pixel an image starts with. */
  pick(places: readonly string[], first?: string): string {
    const { build, numbers, sizes } = this;
    const whole = places.reduce((sum, place, axis) =>
      numbers.plus(numbers.times(sum, sizes[axis] ?? 1), place),
    );
    const index = cast(build, first === undefined ? whole : numbers.plus(whole, first), 'int32');
    return build.add('GatherND', [this.#pixels, index], { batch_dims: Number(this.#isBatched) });
  }

  /** The weighted sum over all combinations of the taps of each axis. */
  sum(axes: readonly (readonly Tap[])[], first?: string): string {
    const parts = this.combinations(axes).map((taps) => this.weighted(taps, first));
    return parts.reduce((left, right) => this.numbers.plus(left, right));
  }

  combinations(axes: readonly (readonly Tap[])[]): Tap[][] {
    return axes.reduce<Tap[][]>(
      (lists, taps) => lists.flatMap((list) => taps.map((tap) => [...list, tap])),
      [[]],
    );
  }

  weighted(taps: readonly Tap[], first?: string): string {
    const picked = this.pick(
      taps.map(({ place }) => place),
      first,
    );
    const weights = taps.flatMap(({ weight }) => (weight === undefined ? [] : [weight]));
    if (weights.length === 0) return picked;
    return this.numbers.times(
      picked,
      weights.reduce((left, right) => this.numbers.times(left, right)),
    );
  }

  /** The two pixels on both sides of a place that lies within the axis. */
  between(place: string, axis: number): Tap[] {
    const { numbers } = this;
    const low = numbers.floor(place);
    const share = numbers.minus(place, low);
    const high = numbers.least(numbers.plus(low, 1), (this.sizes[axis] ?? 1) - 1);
    return [
      { place: low, weight: numbers.minus(1, share) },
      { place: high, weight: share },
    ];
  }

  /** A tap whose place may lie outside, where there are zeros. */
  zeroOutside(place: string, weight: string | undefined, axis: number): Tap {
    const { build, numbers } = this;
    const within = numbers.clip(place, 0, (this.sizes[axis] ?? 1) - 1);
    const isInside = cast(build, numbers.is(place, 'Equal', within), 'float32');
    return { place: within, weight: weight === undefined ? isInside : numbers.times(weight, isInside) };
  }

  /** As `between`, for a place that may lie outside, where there are zeros. */
  aroundOrZero(place: string, axis: number): Tap[] {
    const { numbers } = this;
    const low = numbers.floor(place);
    const share = numbers.minus(place, low);
    return [
      this.zeroOutside(low, numbers.minus(1, share), axis),
      this.zeroOutside(numbers.plus(low, 1), share, axis),
    ];
  }
}

/** Beyond every image. */
const FAR = 2 ** 24;

/** Coordinates without NaN (which becomes `instead`) and infinities: LiteRT gives up at an index made of one, and says nothing. */
export function finite(build: Build, coordinates: string, instead: number): string {
  const { clip, is, where } = formula(build, 'float32');
  return clip(where(is(coordinates, 'Equal', coordinates), coordinates, instead), -FAR, FAR);
}
