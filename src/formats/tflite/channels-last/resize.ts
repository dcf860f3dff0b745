// Resize → RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR between Transposes where those pick the same places; otherwise a
// Gather (nearest) or a product with a constant matrix (linear, cubic) along each axis: a resize is separable.
// https://onnx.ai/onnx/operators/onnx__Resize.html

import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { type Axis, matrixOf, nearestOf, resizedAxes } from './resize-axis.ts';
import { builtinOf, flagsOf } from './resize-builtin.ts';
import { croppedAxes, filledOutside, isCrop } from './resize-crop.ts';
import { isOpen, resizeOpen } from './resize-open.ts';
import { toFirst, toLast } from './window.ts';

export default {
  opTypes: ['Resize'],
  rewrite(node, build) {
    const [x = '', , , sizes = ''] = node.inputs;
    const shape = build.shape(x);
    const result = build.shape(node.outputs[0] ?? '');
    const mode = build.attribute('mode', 'nearest');
    if (isCrop(build)) {
      const cropped = croppedAxes(build);
      return [filledOutside(build, byAxis(build, cropped, mode), cropped)];
    }
    if (isOpen(build)) return [resizeOpen(build)];
    const axes = readAxes(build, sizes !== '');
    const changed = axes.filter(({ scale, from, to }) => scale !== 1 || from !== to);
    if (changed.length === 0) return [x];
    const builtin = shape.length === 4 ? builtinOf(build, axes, mode) : undefined;
    if (builtin) {
      const [height = 1, width = 1] = result.slice(2).map((dim) => (typeof dim === 'number' ? dim : 1));
      const last = build.transpose(x, toLast(4));
      const type = build.permuted(node.outputs[0] ?? '', toLast(4));
      const made = build.tflite(builtin.opcode, [last], { height, width, ...flagsOf(builtin) }, type);
      return [build.transpose(made, toFirst(4))];
    }
    return [byAxis(build, changed, mode)];
  },
} satisfies Rewrite;

function byAxis(build: Build, axes: readonly Axis[], mode: string): string {
  const x = build.input(0);
  const rank = build.shape(x).length;
  return axes.reduce(
    (value, axis) =>
      mode === 'nearest'
        ? build.add('Gather', [value, build.ints(nearestOf(axis, build))], { axis: axis.index })
        : multiply(build, value, rank, axis, matrixOf(axis, mode, build)),
    x,
  );
}

function readAxes(build: Build, hasSizes: boolean): Axis[] {
  const { node } = build;
  const scales = hasSizes ? undefined : build.tensor(2);
  if (!hasSizes && scales === undefined) return build.refuse('scales that are not constant');
  if (hasSizes && build.tensor(3) === undefined) return build.refuse('sizes that are not constant');
  const source = build.shape(node.inputs[0] ?? '');
  const target = build.shape(node.outputs[0] ?? '');
  return resizedAxes(build).flatMap((index, at) => {
    const scaleGiven = scales === undefined ? undefined : Number(scales.data[at]);
    const from = source[index];
    const to = target[index];
    if (scaleGiven === 1) return [];
    if (hasSizes && from === to && from !== undefined && from !== null) return [];
    if (typeof from !== 'number' || typeof to !== 'number')
      return build.refuse('it resizes an axis of unknown length');
    return [{ index, from, to, scale: scaleGiven ?? to / from, hasSizes, roi: [0, 1] as const }];
  });
}

/** value · matrixᵀ along one axis. */
function multiply(build: Build, value: string, rank: number, axis: Axis, matrix: Float32Array): string {
  const last = rank - 1;
  const perm = Array.from({ length: rank }, (_, at) =>
    at === axis.index ? last : at === last ? axis.index : at,
  );
  const weights = new Float32Array(matrix.length);
  for (let to = 0; to < axis.to; to++) {
    for (let from = 0; from < axis.from; from++)
      weights[from * axis.to + to] = matrix[to * axis.from + from] ?? 0;
  }
  const right = build.constant(float32([axis.from, axis.to], weights), 'matrix');
  return build.transpose(build.add('MatMul', [build.transpose(value, perm), right]), perm);
}
