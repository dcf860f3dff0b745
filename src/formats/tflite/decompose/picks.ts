// Operators that pick elements at places known beforehand, or (Compress) found by a condition.
// https://onnx.ai/onnx/operators/onnx__CenterCropPad.html, …Compress, …Pad, …ArgMax

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, formula, slice } from '../rewrite/formula.ts';

export default {
  opTypes: ['CenterCropPad', 'Compress', 'Pad', 'ArgMax', 'ArgMin'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    switch (node.opType) {
      case 'CenterCropPad':
        return [centered(build, x)];
      case 'Compress':
        return [compressed(build, x)];
      case 'Pad':
        return build.attribute('mode', 'constant') === 'wrap' ? [wrapped(build, x)] : undefined;
      default:
        return build.attribute('select_last_index', 0) === 1 ? [lastIndex(build, x)] : undefined;
    }
  },
} satisfies Rewrite;

function centered(build: Build, x: string): string {
  const shape = build.shape(x);
  const sizes = build.integers(1) ?? build.refuse('a size that is not constant');
  const axes = build.attribute('axes', shape.map((_, axis) => axis) as readonly number[]);
  const pads = new Array<number>(2 * shape.length).fill(0);
  let value = x;
  for (const [index, given] of axes.entries()) {
    const axis = build.axis(given, shape.length);
    const [from, to] = [shape[axis], sizes[index]];
    if (typeof from !== 'number' || to === undefined) return build.refuse('an axis of unknown length');
    const begin = Math.floor(Math.abs(from - to) / 2);
    if (to < from) value = slice(build, value, axis, begin, begin + to);
    else {
      pads[axis] = begin;
      pads[axis + shape.length] = to - from - begin;
    }
  }
  return pads.some((pad) => pad > 0) ? build.add('Pad', [value, build.ints(pads)]) : value;
}

function compressed(build: Build, x: string): string {
  const condition = build.tensor(1)?.data as ArrayLike<number> | undefined;
  const axis = build.attribute('axis', undefined as number | undefined);
  const indices = condition
    ? build.ints(Array.from(condition).flatMap((isKept, at) => (isKept ? [at] : [])))
    : build.reshape(build.add('NonZero', [build.input(1)]), [-1]);
  if (axis === undefined) return build.add('Gather', [build.reshape(x, [-1]), indices], { axis: 0 });
  return build.add('Gather', [x, indices], { axis: build.axis(axis, build.shape(x).length) });
}

/** The other end goes on behind each end. */
function wrapped(build: Build, x: string): string {
  const shape = build.shape(x);
  const pads = build.integers(1) ?? build.refuse('pads that are not constant');
  const axes =
    build.input(3) === ''
      ? shape.map((_, axis) => axis)
      : (build.integers(3) ?? build.refuse('axes that are not constant'));
  let value = x;
  for (const [index, given] of axes.entries()) {
    const axis = build.axis(given, shape.length);
    const [begin = 0, end = 0] = [pads[index], pads[index + axes.length]];
    if (begin === 0 && end === 0) continue;
    const length = shape[axis];
    if (typeof length !== 'number') return build.refuse('it wraps an axis of unknown length');
    const places = Array.from({ length: boundedCount(build, [length + begin + end]) }, (_, at) => {
      const place = (at - begin) % length;
      return place < 0 ? place + length : place;
    });
    value = build.add('Gather', [value, build.ints(places)], { axis });
  }
  return value;
}

/** The last of equal elements is the first from behind. */
function lastIndex(build: Build, x: string): string {
  const shape = build.shape(x);
  const axis = build.axis(build.attribute('axis', 0), shape.length);
  const length = shape[axis];
  if (typeof length !== 'number')
    return build.refuse('the last of equal elements of an axis of unknown length');
  const backwards = slice(build, x, axis, length - 1, -length - 1, -1);
  const found = build.add(build.node.opType, [backwards], {
    axis,
    keepdims: build.attribute('keepdims', 1),
  });
  return formula(build, 'int64').minus(length - 1, found);
}
