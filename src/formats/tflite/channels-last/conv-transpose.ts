// ConvTranspose → TRANSPOSE_CONV or CONV_3D_TRANSPOSE. TFLite is told the size of the result; pads it cannot say are
// cut off afterwards.
// https://onnx.ai/onnx/operators/onnx__ConvTranspose.html

import type { Dim } from '../../../graph/model.ts';
import { tensorType } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import type { Tensor, TypedArray } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount } from '../rewrite/formula.ts';
import { zeros } from './conv.ts';
import { padSpatial, toFirst, toLast } from './window.ts';

export default {
  opTypes: ['ConvTranspose'],
  rewrite(node, build) {
    const [x = '', w = '', bias = ''] = node.inputs;
    const shape = build.shape(x);
    const rank = shape.length;
    const group = build.attribute('group', 1);
    const dims = build.fixed(w);
    if (rank < 3 || rank > 5) return build.refuse(`TFLite convolves over 1 to 3 axes, not ${rank - 2}`);
    if (group > 1) return inGroups(build, group);
    const weights = build.tensor(1);
    const plan = readPlan(build, shape.slice(2), dims.slice(2));
    const { padding, strides, dilations, front, back, cut } = plan;
    if (!weights && dilations.some((d) => d !== 1))
      return build.refuse('dilated weights that are not constant');
    const kernel = weights ? build.constant(spread(build, weights, dilations), 'weights') : w;
    const out = dims[1] ?? 0;
    const b = bias === '' ? zeros(build, out) : bias;
    const isPadded = [...front, ...back].some((pad) => pad > 0);
    const padded = isPadded ? padSpatial(build, x, { begin: front, end: back }) : x;
    const last = build.transpose(padded, toLast(rank));
    const target = [shape[0] ?? null, ...plan.full, out];
    const made = build.transpose(
      convolve(build, last, kernel, b, target, { padding, strides }),
      toFirst(rank),
    );
    if (cut === undefined) return [made];
    const axes = build.ints(cut.begin.map((_, axis) => axis + 2));
    return [build.add('Slice', [made, build.ints(cut.begin), build.ints(cut.end), axes])];
  },
} satisfies Rewrite;

type Plan = {
  readonly padding: 'SAME' | 'VALID';
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros around the input. */
  readonly front: readonly number[];
  readonly back: readonly number[];
  /** Spatial size of what TFLite makes; null: so many times that of its input as the strides say. */
  readonly full: readonly Dim[];
  /** As Slice takes it; negative ends count from the back. */
  readonly cut: { readonly begin: readonly number[]; readonly end: readonly number[] } | undefined;
};

function readPlan(build: Build, spatial: readonly Dim[], kernel: readonly number[]): Plan {
  const ones = kernel.map(() => 1) as readonly number[];
  const strides = build.attribute('strides', ones);
  const dilations = build.attribute('dilations', ones);
  const effective = kernel.map((size, axis) => (size - 1) * (dilations[axis] ?? 1) + 1);
  const lengths = spatial.filter((dim) => typeof dim === 'number');
  const given = { strides, dilations };
  if (lengths.length < spatial.length) return { ...given, ...openPlan(build, strides, effective) };
  const result = build.shape(build.node.outputs[0] ?? '').slice(2);
  const sizes = result.map((dim) =>
    typeof dim === 'number' ? dim : build.refuse('its result has no known size'),
  );
  const none = kernel.map(() => 0);
  const whole = lengths.map((length, axis) => (strides[axis] ?? 1) * (length - 1) + (effective[axis] ?? 1));
  const begin = readBegin(
    build,
    whole.map((length, axis) => length - (sizes[axis] ?? 0)),
  );
  const isSame = sizes.every((size, axis) => {
    const stride = strides[axis] ?? 1;
    const count = Math.ceil(size / stride);
    const total = Math.max((count - 1) * stride + (effective[axis] ?? 1) - size, 0);
    return count === lengths[axis] && Math.floor(total / 2) === begin[axis];
  });
  const unpadded = { ...given, front: none, back: none };
  if (isSame) return { ...unpadded, padding: 'SAME', full: sizes, cut: undefined };
  const full = whole.map((length, axis) => Math.max(length, (begin[axis] ?? 0) + (sizes[axis] ?? 0)));
  const isWhole = full.every((length, axis) => length === sizes[axis] && begin[axis] === 0);
  const cut = isWhole ? undefined : { begin, end: begin.map((start, axis) => start + (sizes[axis] ?? 0)) };
  return { ...unpadded, padding: 'VALID', full, cut };
}

/**
 * Over axes of unknown length L. SAME padding makes stride · L elements, those of the whole from (reach - stride) / 2 on;
 * for others the input is padded until they are among them, and the rest is cut off. Only products of lengths occur:
 * see packLengths.
 */
function openPlan(
  build: Build,
  strides: readonly number[],
  effective: readonly number[],
): Omit<Plan, 'strides' | 'dilations'> {
  if (build.attribute('output_shape', [] as readonly number[]).length > 0)
    return build.refuse('one size of its result for any size of its input');
  const auto = build.attribute('auto_pad', 'NOTSET');
  const pads = auto === 'NOTSET' ? build.attribute('pads', [] as readonly number[]) : [];
  const extra = build.attribute('output_padding', [] as readonly number[]);
  const surplus = effective.map((reach, axis) => reach - (strides[axis] ?? 1));
  const begins = readBegin(build, surplus);
  const plans = strides.map((stride, axis) => {
    const [begin = 0, over = 0] = [begins[axis], surplus[axis]];
    /** How much longer the result is than stride · L. */
    const padding = (pads[axis] ?? 0) + (pads[axis + strides.length] ?? 0);
    const longer = auto.startsWith('SAME') ? 0 : over + (extra[axis] ?? 0) - padding;
    const skipped = Math.floor(Math.max(over, 0) / 2);
    const front = Math.max(0, Math.ceil((skipped - begin) / stride));
    const start = begin + stride * front - skipped;
    const back = Math.max(0, Math.ceil((begin - skipped + longer) / stride));
    return { front, back, start, rest: stride * back - (begin - skipped + longer) };
  });
  const isCut = plans.some(({ start, rest }) => start !== 0 || rest !== 0);
  return {
    padding: 'SAME',
    front: plans.map(({ front }) => front),
    back: plans.map(({ back }) => back),
    full: plans.map(() => null),
    cut: isCut
      ? {
          begin: plans.map(({ start }) => start),
          end: plans.map(({ rest }) => (rest === 0 ? TO_THE_END : -rest)),
        }
      : undefined,
  };
}

const TO_THE_END = 2 ** 31 - 1;

/** How much is cut off in front, where `totals` is what is too long, output_padding aside. */
function readBegin(build: Build, totals: readonly number[]): number[] {
  const auto = build.attribute('auto_pad', 'NOTSET');
  const given = build.attribute('pads', [] as readonly number[]);
  const outputShape = build.attribute('output_shape', [] as readonly number[]);
  const outputPadding = build.attribute('output_padding', [] as readonly number[]);
  if (auto === 'VALID') return totals.map(() => 0);
  if (auto === 'NOTSET' && outputShape.length === 0) return totals.map((_, axis) => given[axis] ?? 0);
  return totals.map((surplus, axis) => {
    const total = Math.max(surplus + (outputPadding[axis] ?? 0), 0);
    return auto === 'SAME_UPPER' ? Math.floor(total / 2) : total - Math.floor(total / 2);
  });
}

function convolve(
  build: Build,
  last: string,
  kernel: string,
  bias: string,
  target: readonly Dim[],
  { padding, strides }: Pick<Plan, 'padding' | 'strides'>,
): string {
  const { dtype } = build.type(build.input(0));
  const rank = target.length;
  if (rank === 5) {
    const [strideD = 1, strideH = 1, strideW = 1] = strides;
    const weights = build.transpose(kernel, [2, 3, 4, 1, 0]);
    const options = { padding, strideD, strideH, strideW, targetShape: target.map(orMinusOne) };
    return build.tflite('CONV_3D_TRANSPOSE', [weights, last, bias], options, tensorType(dtype, target));
  }
  const isFlat = rank === 3;
  const [strideH = 1, strideW = 1] = isFlat ? [1, ...strides] : strides;
  const shape = isFlat ? [target[0] ?? null, 1, ...target.slice(1)] : target;
  const square = isFlat ? build.widened(kernel, 2) : kernel;
  const weights = build.transpose(square, [1, 2, 3, 0]);
  const data = isFlat ? build.add('Unsqueeze', [last, build.ints([1])]) : last;
  const options = { padding, strideH, strideW, targetShape: shape.map(orMinusOne) };
  const made = build.tflite('TRANSPOSE_CONV', [weights, data, bias], options, tensorType(dtype, shape));
  return isFlat ? build.add('Squeeze', [made, build.ints([1])]) : made;
}

function orMinusOne(dim: Dim): number {
  return typeof dim === 'number' ? dim : -1;
}

/** The kernel with zeros between its elements. */
function spread(build: Build, weights: Tensor, dilations: readonly number[]): Tensor {
  if (dilations.every((dilation) => dilation === 1)) return weights;
  const { dims } = weights;
  const steps = [1, 1, ...dilations];
  const wide = dims.map((dim, axis) => (dim - 1) * (steps[axis] ?? 1) + 1);
  const source = permute(
    weights,
    dims.map((_, axis) => axis),
  ).data as TypedArray;
  const data = new Float32Array(boundedCount(build, wide));
  const index = dims.map(() => 0);
  for (let from = 0; from < source.length; from++) {
    let at = 0;
    for (let axis = 0; axis < dims.length; axis++)
      at = at * (wide[axis] ?? 1) + (index[axis] ?? 0) * (steps[axis] ?? 1);
    data[at] = Number(source[from]);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (dims[axis] ?? 1)) break;
      index[axis] = 0;
    }
  }
  return { dtype: 'float32', dims: wide, data };
}

function inGroups(build: Build, group: number): string[] {
  if (group > 256) return build.refuse(`${group} groups`);
  const { node } = build;
  const [x = '', w = '', bias = ''] = node.inputs;
  const parts = build.addAll('Split', [x], group, { axis: 1, num_outputs: group });
  const kernels = build.parts(w, group);
  const biases = bias ? build.parts(bias, group) : [];
  const attributes = Object.fromEntries([...node.attributes].filter(([name]) => name !== 'group'));
  const made = parts.map((part, index) =>
    build.add(
      'ConvTranspose',
      [part, kernels[index] ?? '', ...(biases[index] ? [biases[index]] : [])],
      attributes,
    ),
  );
  return [build.add('Concat', made, { axis: 1 })];
}
