// RoiAlign as Gathers of the pixels around each place it looks at. https://onnx.ai/onnx/operators/onnx__RoiAlign.html
//
//   1. Each region is cut into cells, and each cell has sampling_ratio² places.
//   2. A place beyond the image by more than one pixel counts as zero, one nearer is brought to the edge.
//   3. The average of the places of a cell, or the largest of the weighted pixels around them.

import { toFirst } from '../channels-last/window.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, cast, slice } from '../rewrite/formula.ts';
import { finite, Sampler, type Tap } from './sampling.ts';

/** More would be too many operators. */
const MOST_PLACES = 16;

export default {
  opTypes: ['RoiAlign'],
  rewrite(node, build) {
    const [x = '', regions = '', batches = ''] = node.inputs;
    const ratio = build.attribute('sampling_ratio', 0);
    if (ratio === 0) return build.refuse('as many places per cell as the size of a region asks for');
    if (ratio < 0 || ratio * ratio > MOST_PLACES) return build.refuse(`${ratio * ratio} places per cell`);
    const sampler = new Sampler(build, x, build.shape(x), false);
    const { plus, times, most } = sampler.numbers;
    const first = times(batch(build, batches), sampler.pixels);
    const isMax = build.attribute('mode', 'avg') === 'max';
    const cells = [build.attribute('output_height', 1), build.attribute('output_width', 1)];
    boundedCount(build, [ratio, ...cells]);
    const known = finite(build, regions, 0);
    const axes = cells.map((count, axis) => places(sampler, known, axis, count, ratio));
    const values: string[] = [];
    for (const down of axes[0] ?? []) {
      for (const across of axes[1] ?? []) {
        if (!isMax) values.push(sampler.sum([down, across], first));
        else
          values.push(...sampler.combinations([down, across]).map((taps) => sampler.weighted(taps, first)));
      }
    }
    const [one = '', ...others] = values;
    const result = isMax ? most(one, ...others) : times(plus(one, ...others), 1 / (ratio * ratio));
    return [build.transpose(result, toFirst(4))];
  },
} satisfies Rewrite;

/** The image of each region, with axes for the cells. */
function batch(build: Build, batches: string): string {
  return cast(build, build.reshape(batches, [-1, 1, 1, 1]), 'float32');
}

/** Taps along one axis (0: down) for each place within the cells. */
function places(sampler: Sampler, regions: string, axis: number, count: number, ratio: number): Tap[][] {
  const { build, numbers, sizes } = sampler;
  const { plus, minus, times, most, clip, is } = numbers;
  const isHalf = build.attribute('coordinate_transformation_mode', 'half_pixel') === 'half_pixel';
  const scale = build.attribute('spatial_scale', 1);
  const size = sizes[axis] ?? 1;
  const edge = (column: number) => {
    const found = build.reshape(slice(build, regions, 1, column, column + 1), [-1, 1, 1, 1]);
    return plus(times(found, scale), isHalf ? -0.5 : 0);
  };
  const [start, end] = [edge(1 - axis), edge(3 - axis)];
  const span = minus(end, start);
  const length = isHalf ? span : most(span, 1);
  return Array.from({ length: ratio }, (_, at) => {
    const shares = Float32Array.from({ length: count }, (_, cell) => (cell + (at + 0.5) / ratio) / count);
    const dims = axis === 0 ? [1, count, 1, 1] : [1, 1, count, 1];
    const place = plus(start, times(length, build.floats(dims, shares)));
    const isNear = cast(build, is(place, 'Equal', clip(place, -1, size)), 'float32');
    return sampler
      .between(clip(place, 0, size - 1), axis)
      .map((tap) => ({ ...tap, weight: times(tap.weight ?? 1, isNear) }));
  });
}
