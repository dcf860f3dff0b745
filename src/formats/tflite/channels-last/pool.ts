// MaxPool and AveragePool → MAX_POOL_2D and AVERAGE_POOL_2D between Transposes.
// https://onnx.ai/onnx/operators/onnx__MaxPool.html, https://onnx.ai/onnx/operators/onnx__AveragePool.html
//
//   1. One spatial axis becomes two; three are pooled two and then one at a time (a box is a product of intervals).
//   2. Padding TFLite cannot say: the lowest number for the maximum. For the average, zeros, and afterwards a constant
//      factor that puts right how many elements each window had.
//   3. Dilated windows, and the places of maxima: slices, see dilated-pool.ts.

import { tensorType } from '../../../graph/model.ts';
import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount } from '../rewrite/formula.ts';
import { LOWEST, largestAndPlaces, pooledByAxis } from './dilated-pool.ts';
import { type Pads, padSpatial, readWindow, toFirst, toLast, type Window } from './window.ts';

export default {
  opTypes: ['MaxPool', 'AveragePool'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const shape = build.shape(x);
    const isMax = node.opType === 'MaxPool';
    if (shape.length < 3 || shape.length > 5)
      return build.refuse(`TFLite pools over 1 to 3 axes, not ${shape.length - 2}`);
    const kernel = build.attribute('kernel_shape', [] as readonly number[]);
    const window = readWindow(build, kernel, shape.slice(2));
    if (build.isRead(1)) return largestAndPlaces(build, x, window);
    const isDilated = window.dilations.some((dilation) => dilation !== 1);
    if (isMax && isDilated) return [pooledByAxis(build, x, window, true)];
    if (isMax) {
      const padded = window.explicit ? padSpatial(build, x, window.explicit, build.number(LOWEST)) : x;
      return [pool(build, padded, window, true)];
    }
    const counts = build.attribute('count_include_pad', 0) === 1;
    const isPlain = !counts && window.explicit === undefined && !isDilated;
    const isUnpadded =
      window.pads !== undefined && [...window.pads.begin, ...window.pads.end].every((pad) => pad === 0);
    if (isPlain || (isUnpadded && !isDilated)) return [pool(build, x, window, false)];
    const pads = window.pads ?? build.refuse('padding of axes of unknown length');
    const count = window.kernel.reduce((product, size) => product * size, 1);
    const averaged = isDilated
      ? build.add('Mul', [pooledByAxis(build, x, window, false), build.number(1 / count)])
      : pool(build, padSpatial(build, x, pads), { ...window, padding: 'VALID' }, false);
    const factor = isUnpadded ? undefined : factors(build, window, pads, counts);
    return [factor === undefined ? averaged : build.add('Mul', [averaged, factor])];
  },
} satisfies Rewrite;

/** Pools a channels-first value. */
function pool(build: Build, value: string, window: Window, isMax: boolean): string {
  const opcode = isMax ? 'MAX_POOL_2D' : 'AVERAGE_POOL_2D';
  const output = build.type(build.node.outputs[0] ?? '');
  const shape = output.shape ?? build.refuse('the size of its result is not known');
  const rank = shape.length;
  const last = build.transpose(value, toLast(rank));
  const [n = null, c = null] = shape;
  const { kernel, strides, padding } = window;
  if (rank === 4) {
    const type = build.permuted(build.node.outputs[0] ?? '', toLast(4));
    return build.transpose(build.tflite(opcode, [last], options(kernel, strides, padding), type), toFirst(4));
  }
  if (rank === 3) {
    const wide = build.add('Unsqueeze', [last, build.ints([1])]);
    const type = tensorType(output.dtype, [n, 1, shape[2] ?? null, c]);
    const made = build.tflite(opcode, [wide], options([1, ...kernel], [1, ...strides], padding), type);
    return build.transpose(build.add('Squeeze', [made, build.ints([1])]), toFirst(3));
  }
  // [N, D, H, W, C]: over H and W with N·D in front, then over D with H·W behind it.
  const source = build
    .shape(build.node.inputs[0] ?? '')
    .slice(2)
    .map((dim) => (typeof dim === 'number' ? dim : build.refuse('it needs axes of known length')));
  const padded = source.map((length, axis) =>
    value === build.node.inputs[0]
      ? length
      : length + (window.pads?.begin[axis] ?? 0) + (window.pads?.end[axis] ?? 0),
  );
  const [depth = 1, height = 1, width = 1] = padded;
  const [outDepth, outHeight, outWidth] = shape.slice(2).map((dim) => (typeof dim === 'number' ? dim : 1));
  const channels = typeof c === 'number' ? c : build.refuse('the number of channels is not known');
  const flat = build.reshape(last, [-1, height, width, channels]);
  const plane = build.tflite(
    opcode,
    [flat],
    options(kernel.slice(1), strides.slice(1), padding),
    tensorType(output.dtype, [
      typeof n === 'number' ? n * depth : null,
      outHeight ?? 1,
      outWidth ?? 1,
      channels,
    ]),
  );
  const line = build.reshape(plane, [-1, depth, (outHeight ?? 1) * (outWidth ?? 1), channels]);
  const done = build.tflite(
    opcode,
    [line],
    options([kernel[0] ?? 1, 1], [strides[0] ?? 1, 1], padding),
    tensorType(output.dtype, [n, outDepth ?? 1, (outHeight ?? 1) * (outWidth ?? 1), channels]),
  );
  const back = build.reshape(done, [-1, outDepth ?? 1, outHeight ?? 1, outWidth ?? 1, channels]);
  return build.transpose(back, toFirst(5));
}

function options(kernel: readonly number[], strides: readonly number[], padding: string) {
  const [filterHeight = 1, filterWidth = 1] = kernel;
  const [strideH = 1, strideW = 1] = strides;
  return { padding, strideH, strideW, filterHeight, filterWidth };
}

/** Elements of the whole window over elements that count, for every place of the result. */
function factors(build: Build, window: Window, pads: Pads, counts: boolean): string | undefined {
  const lengths = build.shape(build.node.inputs[0] ?? '').slice(2);
  const sizes = build.shape(build.node.outputs[0] ?? '').slice(2);
  if (counts && window.overshoot.every((pad) => pad === 0)) return undefined;
  let dims: number[] = [];
  let values = [1];
  for (const [axis, size] of window.kernel.entries()) {
    const length = lengths[axis];
    const count = sizes[axis];
    if (typeof length !== 'number' || typeof count !== 'number')
      return build.refuse('padding of axes of unknown length');
    const begin = pads.begin[axis] ?? 0;
    const end = (pads.end[axis] ?? 0) - (window.overshoot[axis] ?? 0);
    const [first, beyond] = counts ? [-begin, length + end] : [0, length];
    boundedCount(build, [values.length, count]);
    const ratios = Array.from({ length: count }, (_, at) => {
      const start = at * (window.strides[axis] ?? 1) - begin;
      const places = Array.from({ length: size }, (_, k) => start + k * (window.dilations[axis] ?? 1));
      const real = places.filter((place) => place >= first && place < beyond).length;
      return size / Math.max(real, 1);
    });
    values = values.flatMap((value) => ratios.map((ratio) => value * ratio));
    dims = [...dims, count];
  }
  return build.constant(float32([1, 1, ...dims], values), 'counts');
}
