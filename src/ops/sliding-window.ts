// How far a kernel slides: the output axes of convolution and pooling.
// https://onnx.ai/onnx/operators/onnx__MaxPool.html has the formulas.

import type { Dim, Shape } from '../graph/model.ts';
import { unknownDims } from './axes.ts';
import type { InferContext } from './definition.ts';

/** The spatial output axes of `spatial` under the node's strides, dilations, pads, auto_pad and ceil_mode. */
export function slide(context: InferContext, spatial: Shape, kernel: Shape): Shape {
  const axes = spatial.length;
  const strides = perAxis(context, 'strides', axes);
  const dilations = perAxis(context, 'dilations', axes);
  const pads = padsOf(context, axes);
  const isCeil = context.find('ceil_mode')?.value === 1;
  const autoPad = autoPadOf(context);
  return spatial.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
      return stride === 1 ? length : typeof length === 'number' ? Math.ceil(length / stride) : null;
    }
    const size = kernel[axis];
    if (typeof size !== 'number') return null;
    const before = autoPad === 'VALID' ? 0 : (pads[axis] ?? 0);
    const after = autoPad === 'VALID' ? 0 : (pads[axis + axes] ?? 0);
    const reach = (dilations[axis] ?? 1) * (size - 1) + 1;
    return steps(context, length, { stride, reach, before, after, isCeil });
  });
}

type Slide = {
  readonly stride: number;
  readonly reach: number;
  readonly before: number;
  readonly after: number;
  readonly isCeil: boolean;
};

function steps(context: InferContext, length: Dim, { stride, reach, before, after, isCeil }: Slide): Dim {
  const growth = before + after - reach;
  if (typeof length !== 'number') return stride === 1 && growth === -1 ? length : null;
  const room = length + growth;
  if (room < 0)
    context.fail(`a kernel that reaches over ${reach} does not fit ${length + before + after} elements`);
  if (!isCeil) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // A window that would start in the padding at the end is left out.
  return (count - 1) * stride >= length + before ? count - 1 : count;
}

/** One number for each spatial axis, 1 where the node says nothing. */
export function perAxis(context: InferContext, name: string, axes: number): readonly number[] {
  const values = context.ints(name);
  if (values === undefined) return Array.from({ length: axes }, () => 1);
  if (values.length !== axes) context.fail(`"${name}" has ${values.length} numbers for ${axes} spatial axes`);
  for (const value of values) if (value < 1) context.fail(`"${name}" has ${value}; it must be at least 1`);
  return values;
}

/** Begins, then ends. */
export function padsOf(context: InferContext, axes: number): readonly number[] {
  const pads = context.ints('pads') ?? Array.from({ length: 2 * axes }, () => 0);
  if (pads.length !== 2 * axes) context.fail(`"pads" has ${pads.length} numbers for ${axes} spatial axes`);
  return pads;
}

export function autoPadOf(context: InferContext): string {
  const value = context.find('auto_pad')?.value ?? 'NOTSET';
  const known = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'];
  if (!known.includes(String(value)))
    context.fail(`auto_pad is "${String(value)}", not one of ${known.join(', ')}`);
  return String(value);
}

/** kernel_shape, or the spatial axes of the weights. */
export function kernelOf(context: InferContext, axes: number, weights?: Shape): Shape {
  const kernel = context.ints('kernel_shape') ?? weights?.slice(2) ?? unknownDims(axes);
  if (kernel.length !== axes) context.fail(`the kernel has ${kernel.length} axes for ${axes} spatial axes`);
  return kernel;
}
