// Resize → RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR between Transposes where those pick the same places; otherwise a
// Gather (nearest) or a product with a constant matrix (linear, cubic) along each axis: a resize is separable.
// https://onnx.ai/onnx/operators/onnx__Resize.html

import { tensorType } from '../../../graph/model.ts';
import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { type Axis, matrixOf, nearestOf } from './resize-axis.ts';
import { toFirst, toLast } from './window.ts';

export default {
  opTypes: ['Resize'],
  rewrite(node, build) {
    const [x = '', , , sizes = ''] = node.inputs;
    const shape = build.shape(x);
    const result = build.shape(node.outputs[0] ?? '');
    const axes = readAxes(build, shape.length, sizes !== '');
    const changed = axes.filter(({ scale, from, to }) => scale !== 1 || from !== to);
    if (changed.length === 0) return [x];
    const mode = build.attribute('mode', 'nearest');
    const builtin = shape.length === 4 ? builtinOf(build, axes, mode) : undefined;
    if (builtin) {
      const [height = 1, width = 1] = result.slice(2).map((dim) => (typeof dim === 'number' ? dim : 1));
      const last = build.transpose(x, toLast(4));
      const type = build.permuted(node.outputs[0] ?? '', toLast(4));
      const options = {
        height,
        width,
        alignCorners: builtin.alignCorners ? 1 : 0,
        halfPixelCenters: builtin.halfPixelCenters ? 1 : 0,
      };
      return [
        build.transpose(
          build.tflite(builtin.opcode, [last], options, tensorType(type.dtype, type.shape)),
          toFirst(4),
        ),
      ];
    }
    let value = x;
    for (const axis of changed) {
      if (mode === 'nearest') {
        value = build.add('Gather', [value, build.ints(nearestOf(axis, build))], { axis: axis.index });
      } else {
        value = multiply(build, value, shape.length, axis, matrixOf(axis, mode, build));
      }
    }
    return [value];
  },
} satisfies Rewrite;

function readAxes(build: Build, rank: number, hasSizes: boolean): Axis[] {
  const { node } = build;
  const listed = build.attribute('axes', undefined as readonly number[] | undefined);
  const where =
    listed?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? Array.from({ length: rank }, (_, axis) => axis);
  const scales = hasSizes ? undefined : build.tensor(2);
  if (!hasSizes && scales === undefined) return build.refuse('scales that are not constant');
  if (hasSizes && build.tensor(3) === undefined) return build.refuse('sizes that are not constant');
  const source = build.shape(node.inputs[0] ?? '');
  const target = build.shape(node.outputs[0] ?? '');
  const roi = build.tensor(1);
  return where.flatMap((index, at) => {
    const scaleGiven = scales === undefined ? undefined : Number(scales.data[at]);
    const from = source[index];
    const to = target[index];
    if (scaleGiven === 1) return [];
    if (hasSizes && from === to && from !== undefined && from !== null) return [];
    if (typeof from !== 'number' || typeof to !== 'number')
      return build.refuse('it resizes an axis of unknown length');
    const count = where.length;
    const roiOf =
      roi && roi.data.length === 2 * count ? [Number(roi.data[at]), Number(roi.data[at + count])] : [0, 1];
    return [
      {
        index,
        from,
        to,
        scale: scaleGiven ?? to / from,
        hasSizes,
        roi: [roiOf[0] ?? 0, roiOf[1] ?? 1] as const,
      },
    ];
  });
}

function builtinOf(build: Build, axes: readonly Axis[], mode: string) {
  if (axes.some(({ index, from, to, scale }) => index < 2 && (from !== to || scale !== 1))) return undefined;
  if (axes.some(({ from, to, scale }) => Math.abs(to / from - scale) > 1e-6)) return undefined;
  const transform = build.attribute('coordinate_transformation_mode', 'half_pixel');
  const antialias = build.attribute('antialias', 0) === 1;
  if (mode === 'linear') {
    const isPlain = !antialias && build.attribute('exclude_outside', 0) === 0;
    // A result of one element is where the two kinds of half pixel differ.
    const isHalf =
      transform === 'half_pixel' || (transform === 'pytorch_half_pixel' && axes.every(({ to }) => to > 1));
    if (!isPlain || !(isHalf || transform === 'align_corners' || transform === 'asymmetric'))
      return undefined;
    if (transform === 'align_corners' && axes.some(({ to }) => to === 1)) return undefined;
    return {
      opcode: 'RESIZE_BILINEAR',
      alignCorners: transform === 'align_corners',
      halfPixelCenters: isHalf,
    };
  }
  if (mode !== 'nearest') return undefined;
  const wanted = axes.map((axis) => nearestOf(axis, build));
  for (const [alignCorners, halfPixelCenters] of [
    [false, false],
    [false, true],
    [true, false],
  ] as const) {
    const fits = axes.every((axis, at) => {
      const found = builtinNearest(axis, alignCorners, halfPixelCenters);
      return found.every((from, to) => from === wanted[at]?.[to]);
    });
    if (fits) return { opcode: 'RESIZE_NEAREST_NEIGHBOR', alignCorners, halfPixelCenters };
  }
  return undefined;
}

/** Where TFLite's kernel looks, in its 32-bit arithmetic. */
function builtinNearest({ from, to }: Axis, alignCorners: boolean, halfPixelCenters: boolean): number[] {
  const scale = Math.fround(alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to);
  const offset = halfPixelCenters ? 0.5 : 0;
  return Array.from({ length: to }, (_, at) => {
    const place = Math.fround(Math.fround(at + offset) * scale);
    const rounded = alignCorners ? Math.round(place) : Math.floor(place);
    return Math.max(0, Math.min(from - 1, rounded));
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
