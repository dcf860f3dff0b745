// GridSample as Gathers of the pixels around each place. https://onnx.ai/onnx/operators/onnx__GridSample.html
//
//   1. Coordinates of −1 to 1 become places in pixels.
//   2. Those outside are brought back as the padding says: border moves them to the edge, reflection mirrors them.
//   3. The taps of each axis: one pixel (nearest), two (linear) or four (cubic).

import { toFirst } from '../channels-last/window.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { slice } from '../rewrite/formula.ts';
import { finite, Sampler, type Tap } from './sampling.ts';

/** What the cubic curve of the operator is made with. */
const A = -0.75;

export default {
  opTypes: ['GridSample'],
  rewrite(node, build) {
    const [x = '', grid = ''] = node.inputs;
    const rank = build.shape(x).length;
    if (build.shape(grid).length !== rank) return build.refuse('a grid of another rank than its images');
    const mode = build.attribute('mode', 'linear');
    if (mode === 'cubic' && rank !== 4) return build.refuse('cubic sampling of other things than images');
    const known = finite(build, grid, -1);
    const sampler = new Sampler(build, x, build.shape(x), true);
    const axes = sampler.sizes.map((_, axis) => {
      // The last coordinate of the grid belongs to the first axis.
      const at = sampler.sizes.length - 1 - axis;
      const place = inPixels(sampler, slice(build, known, rank - 1, at, at + 1), axis);
      return taps(sampler, place, axis, mode);
    });
    return [build.transpose(sampler.sum(axes), toFirst(rank))];
  },
} satisfies Rewrite;

const isAligned = (build: Build) => build.attribute('align_corners', 0) === 1;

function inPixels({ build, numbers, sizes }: Sampler, coordinate: string, axis: number): string {
  const size = sizes[axis] ?? 1;
  const half = isAligned(build) ? (size - 1) / 2 : size / 2;
  return numbers.plus(numbers.times(coordinate, half), (size - 1) / 2);
}

function taps(sampler: Sampler, given: string, axis: number, mode: string): Tap[] {
  const { build, numbers, sizes } = sampler;
  const padding = build.attribute('padding_mode', 'zeros');
  const last = (sizes[axis] ?? 1) - 1;
  const rounded = mode === 'nearest' ? build.add('Round', [given]) : given;
  const back = (place: string): string => {
    if (padding === 'border') return numbers.clip(place, 0, last);
    return padding === 'reflection' ? reflected(sampler, place, axis) : place;
  };
  // Each pixel that the cubic curve looks at is brought to the edge, not the place itself.
  const place = mode === 'cubic' && padding === 'border' ? rounded : back(rounded);
  const tap = (at: string, weight: string | undefined): Tap => {
    if (padding === 'zeros') return sampler.zeroOutside(at, weight, axis);
    const within = mode === 'cubic' && padding === 'reflection' ? back(at) : at;
    return { place: numbers.clip(within, 0, last), weight };
  };
  if (mode === 'nearest') return [tap(place, undefined)];
  const low = numbers.floor(place);
  const share = numbers.minus(place, low);
  const rest = numbers.minus(1, share);
  if (mode === 'linear') return [tap(low, rest), tap(numbers.plus(low, 1), share)];
  if (mode !== 'cubic') return build.refuse(`the mode ${mode}`);
  return [
    tap(numbers.minus(low, 1), far(sampler, share)),
    tap(low, near(sampler, share)),
    tap(numbers.plus(low, 1), near(sampler, rest)),
    tap(numbers.plus(low, 2), far(sampler, rest)),
  ];
}

/** Weight of the pixel `t` away, less than one. */
function near({ numbers: { plus, times } }: Sampler, t: string): string {
  return plus(times(plus(times(t, A + 2), -(A + 3)), t, t), 1);
}

/** Weight of the pixel 1 + t away. */
function far({ numbers: { plus, times } }: Sampler, t: string): string {
  // A·(s³ − 5s² + 8s − 4) with s = 1 + t is A·t·(t − 1)².
  const less = plus(t, -1);
  return times(t, less, less, A);
}

/** Mirrored at the borders as often as it takes. */
function reflected({ build, numbers, sizes }: Sampler, place: string, axis: number): string {
  const { plus, minus, times, over, floor, abs } = numbers;
  const last = (sizes[axis] ?? 1) - 1;
  const margin = isAligned(build) ? 0 : 0.5;
  const span = last + 2 * margin;
  if (span === 0) return times(place, 0);
  const beyond = abs(plus(place, margin));
  const turn = minus(beyond, times(floor(over(beyond, 2 * span)), 2 * span));
  return minus(span - margin, abs(minus(turn, span)));
}
