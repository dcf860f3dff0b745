// https://onnx.ai/onnx/operators/onnx__Resize.html
// Opsets: 10, 11, 13, 18, 19.

import { float, int, string } from '../graph/attribute.ts';
import type { Dim, Node, Shape } from '../graph/model.ts';
import { float32, int64 } from '../graph/tensor.ts';
import { axisIn, unknownDims } from './axes.ts';
import type { InferContext, OpFamily, UpgradeContext } from './definition.ts';
import { allNumbers, numbersIn } from './integers.ts';
import { constantInts } from './restate.ts';
import { tensorOf } from './result.ts';
import { outputOf, part, setInput, valueName } from './rewrite.ts';

export default {
  ops: {
    Resize: {
      since: 10,
      inputs: [1, 4],
      outputs: [1, 1],
      attributes: {
        antialias: int(0),
        axes: null,
        coordinate_transformation_mode: string('half_pixel'),
        cubic_coeff_a: float(-0.75),
        exclude_outside: int(0),
        extrapolation_value: float(0),
        keep_aspect_ratio_policy: string('stretch'),
        mode: string('nearest'),
        nearest_mode: string('round_prefer_floor'),
      },
    },
  },
  infer: (context) => [tensorOf(context.dtype(0), resized(context))],
  upgrades: [
    { to: 11, opTypes: ['Resize'], rewrite: nameTheOldMapping },
    { to: 13, opTypes: ['Resize'], rewrite: leaveOutEmpty },
  ],
  downgrades: [
    { from: 19, opTypes: ['Resize'], rewrite: refuseSymmetric },
    { from: 18, opTypes: ['Resize'], rewrite: nameAllAxes },
    { from: 13, opTypes: ['Resize'], rewrite: fillWithEmpty },
    { from: 11, opTypes: ['Resize'], rewrite: toOldMapping },
    { from: 10, opTypes: ['Resize'], rewrite: toUpsample },
  ],
} satisfies OpFamily;

function refuseSymmetric(node: Node, context: UpgradeContext): readonly Node[] | string {
  const mapping = context.read(node, 'string', 'coordinate_transformation_mode', 'half_pixel');
  return mapping === 'half_pixel_symmetric' ? 'its mapping is "half_pixel_symmetric"' : [node];
}

/** Axes that are not resized have scale 1. */
function nameAllAxes(node: Node, context: UpgradeContext): readonly Node[] | string {
  if (!node.attributes.has('axes')) return [node];
  if (
    context.read(node, 'string', 'keep_aspect_ratio_policy', 'stretch') !== 'stretch' ||
    isGivenTo(node, 1)
  ) {
    return 'it resizes some axes only';
  }
  const shape = context.shape(node.inputs[0] ?? '');
  const scales = constantInts(node, 2, context);
  const sizes = constantInts(node, 3, context);
  if (shape === undefined || (scales === undefined && sizes === undefined)) {
    return 'the axes it resizes are known only when the model runs';
  }
  const axes = context.read(node, 'ints', 'axes', []).map((axis) => (axis < 0 ? axis + shape.length : axis));
  node.attributes.delete('axes');
  const all = (values: readonly number[], others: Shape) =>
    others.map((other, axis) => (axes.includes(axis) ? (values[axes.indexOf(axis)] ?? 1) : other));
  if (scales !== undefined) {
    const full = all(
      scales,
      shape.map(() => 1),
    ).map(Number);
    node.inputs[2] = context.constant(valueName(node, 'scales'), float32([full.length], full));
    return [node];
  }
  const full = allNumbers(all(sizes ?? [], shape));
  if (full === undefined) return 'an axis it leaves as it is has an unknown length';
  node.inputs[3] = context.constant(valueName(node, 'sizes'), int64(full));
  return [node];
}

/** Up to 12 inputs that do not count were empty lists. */
function fillWithEmpty(node: Node, context: UpgradeContext): readonly Node[] {
  for (const index of [1, 2]) {
    if (isGivenTo(node, index)) continue;
    setInput(
      node,
      index,
      context.constant(valueName(node, index === 1 ? 'roi' : 'scales'), float32([0], [])),
    );
  }
  return [node];
}

/** Opset 10 took scales, and rounded output / scale down when growing. */
function toOldMapping(node: Node, context: UpgradeContext): readonly Node[] | string {
  const read = (name: string, usual: string) => context.read(node, 'string', name, usual);
  const scales = scalesOf(node, context);
  if (scales === undefined) return 'its scales are known only when the model runs';
  const mode = read('mode', 'nearest');
  const mapping = read('coordinate_transformation_mode', 'half_pixel');
  const isGrowing = scales.every((scale) => scale >= 1);
  const rounding = read('nearest_mode', 'round_prefer_floor');
  const isOld =
    mode === 'nearest'
      ? (mapping === 'asymmetric' && rounding === 'floor' && isGrowing) || isRepeat(mapping, rounding, scales)
      : mode === 'linear' && mapping === 'asymmetric';
  if (!isOld) return `its mode is "${mode}" with the mapping "${mapping}"`;
  const [x = ''] = node.inputs;
  node.inputs = [x, context.constant(valueName(node, 'scales'), float32([scales.length], scales))];
  node.attributes = new Map([['mode', string(mode)]]);
  return [node];
}

/** Growing by whole numbers, the pixel centers say the same: each element is repeated. */
function isRepeat(mapping: string, rounding: string, scales: readonly number[]): boolean {
  const isWhole = scales.every((scale) => Number.isInteger(scale) && scale >= 1);
  return isWhole && mapping === 'half_pixel' && rounding.startsWith('round_');
}

function scalesOf(node: Node, context: UpgradeContext): readonly number[] | undefined {
  const sizes = constantInts(node, 3, context);
  if (sizes === undefined) return isGivenTo(node, 3) ? undefined : constantInts(node, 2, context);
  const lengths = allNumbers(context.shape(node.inputs[0] ?? ''));
  return lengths && sizes.map((size, axis) => size / (lengths[axis] ?? 1));
}

function toUpsample(node: Node, context: UpgradeContext): readonly Node[] | string {
  if (constantInts(node, 1, context)?.some((scale) => scale < 1)) return 'it shrinks its input';
  return [{ ...node, opType: 'Upsample' }];
}

function isGivenTo(node: Node, index: number): boolean {
  return (node.inputs[index] ?? '') !== '';
}

/**
 * Opset 10 had (X, scales) and one mapping: output / scale, rounded down when growing and up when shrinking. Where
 * one node does both, it becomes two. Scales known only at run time are taken to grow.
 */
function nameTheOldMapping(node: Node, context: UpgradeContext): readonly Node[] {
  const [x = '', scales = ''] = node.inputs;
  node.attributes.set('coordinate_transformation_mode', string('asymmetric'));
  node.attributes.set('nearest_mode', string('floor'));
  node.inputs = [x, '', scales];
  const tensor = context.tensor(scales);
  const factors = tensor && numbersIn(tensor);
  if (context.read(node, 'string', 'mode', 'nearest') !== 'nearest' || factors === undefined) return [node];
  if (factors.every((factor) => factor >= 1)) return [node];
  const shrink = (keep: (factor: number) => number): string =>
    context.constant(scales, float32([factors.length], factors.map(keep)));
  const shrunk = part(context, node, 'Resize', [x, '', shrink((factor) => Math.min(1, factor))], {
    attributes: { ...Object.fromEntries(node.attributes), nearest_mode: string('ceil') },
  });
  if (factors.every((factor) => factor <= 1)) return [{ ...shrunk, name: node.name, outputs: node.outputs }];
  node.inputs = [outputOf(shrunk), '', shrink((factor) => Math.max(1, factor))];
  return [shrunk, node];
}

/** Since 13, inputs that do not count are left out instead of empty; and one mapping is gone. */
function leaveOutEmpty(node: Node, context: UpgradeContext): readonly Node[] {
  const mapping = context.read(node, 'string', 'coordinate_transformation_mode', 'half_pixel');
  const [x = '', roi = '', scales = '', sizes = ''] = node.inputs;
  const isEmpty = (value: string): boolean => context.shape(value)?.[0] === 0;
  const inputs = [x, mapping === 'tf_crop_and_resize' ? roi : '', isEmpty(scales) ? '' : scales];
  node.inputs = sizes === '' || isEmpty(sizes) ? inputs : [x, inputs[1] ?? '', '', sizes];
  if (mapping === 'tf_half_pixel_for_nn') replaceHalfPixelForNearest(node, context);
  return [node];
}

/** (output + 0.5) / scale is half_pixel plus a half, which is as well said by rounding half a step further. */
function replaceHalfPixelForNearest(node: Node, context: UpgradeContext): void {
  const rounding = context.read(node, 'string', 'nearest_mode', 'round_prefer_floor');
  const further = furtherRounding[rounding];
  if (context.read(node, 'string', 'mode', 'nearest') !== 'nearest' || further === undefined) {
    context.fail(
      node,
      `tf_half_pixel_for_nn with nearest_mode "${rounding}" cannot be expressed since opset 13`,
    );
  }
  node.attributes.set('coordinate_transformation_mode', string('half_pixel'));
  node.attributes.set('nearest_mode', string(further));
}

const furtherRounding: Readonly<Record<string, string>> = {
  floor: 'round_prefer_ceil',
  round_prefer_floor: 'ceil',
};

function resized(context: InferContext): Shape | undefined {
  // onnxruntime writes past its own memory otherwise.
  for (const [index, name] of ['roi', 'scales', 'sizes'].entries()) {
    const rank = context.shape(index + 1)?.length;
    if (rank !== undefined && rank !== 1) context.fail(`${name} is of rank ${rank} instead of 1`);
  }
  const shape = context.shape(0);
  if (shape === undefined) return undefined;
  const axes = (context.ints('axes') ?? shape.map((_, axis) => axis)).map((axis) =>
    axisIn(context, axis, shape.length),
  );
  const lengths = isGiven(context, 3) ? fromSizes(context, shape, axes) : fromScales(context, shape, axes);
  const result = [...shape];
  for (const [index, axis] of axes.entries()) result[axis] = lengths?.[index] ?? null;
  return lengths === undefined && axes.length === shape.length ? unknownDims(shape.length) : result;
}

/** An empty list stands for "left out", too. */
function isGiven(context: InferContext, index: number): boolean {
  return (context.node.inputs[index] ?? '') !== '' && context.shape(index)?.[0] !== 0;
}

function fromSizes(context: InferContext, shape: Shape, axes: readonly number[]): Shape | undefined {
  const sizes = context.integers(3);
  const policy = context.text('keep_aspect_ratio_policy');
  if (sizes === undefined || policy === 'stretch') return sizes;
  const dims = allNumbers(axes.map((axis) => shape[axis] ?? null));
  const ratios = allNumbers(sizes)?.map((size, index) => size / (dims?.[index] ?? 0));
  if (ratios === undefined || dims === undefined) return undefined;
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return dims.map((dim) => Math.floor(dim * scale + 0.5));
}

function fromScales(context: InferContext, shape: Shape, axes: readonly number[]): Shape | undefined {
  const scales = context.integers(2);
  if (scales === undefined) return undefined;
  if (scales.length !== axes.length) context.fail(`${scales.length} scales for ${axes.length} axes`);
  const crops = context.text('coordinate_transformation_mode') === 'tf_crop_and_resize';
  const roi = crops ? context.integers(1) : undefined;
  return axes.map((axis, index): Dim => {
    const dim = shape[axis] ?? null;
    const scale = scales[index];
    if (typeof scale !== 'number') return null;
    if (crops) return cropped(dim, roi?.[index], roi?.[index + axes.length], scale);
    if (scale === 1) return dim;
    return typeof dim === 'number' ? Math.floor(Math.fround(dim * scale)) : null;
  });
}

function cropped(dim: Dim, start: Dim | undefined, end: Dim | undefined, scale: number): Dim {
  if (typeof dim !== 'number' || typeof start !== 'number' || typeof end !== 'number') return null;
  return Math.floor(dim * (end - start) * scale);
}
