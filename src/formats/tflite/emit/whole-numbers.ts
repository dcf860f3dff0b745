// Which operators have kernels on whole numbers, and what those ask of the scales of what they read and give.
// https://ai.google.dev/edge/litert/models/quantization_spec

import { tensorFromBytes } from '../../../graph/tensor.ts';
import type { Quantization } from '../records.ts';
import type { OpenOperator, OpenTensor } from './emission.ts';
import { hasKernel } from './kernels.ts';
import { isSame } from './quantize.ts';

/** Those that compute. */
export const computes = new Set(
  [
    'ABS ADD BATCH_MATMUL CONV_2D DEPTHWISE_CONV_2D ELU EXP FULLY_CONNECTED GELU HARD_SWISH L2_NORMALIZATION',
    'LEAKY_RELU LOG LOGISTIC LOG_SOFTMAX MEAN MUL PRELU RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RSQRT SOFTMAX SQRT',
    'SQUARED_DIFFERENCE SUB SUM TANH TRANSPOSE_CONV',
  ].flatMap((line) => line.split(' ')),
);

/** Those that need the same scale on both sides. */
export const moves = new Set(
  [
    'AVERAGE_POOL_2D CONCATENATION DEPTH_TO_SPACE EXPAND_DIMS GATHER MAXIMUM MAX_POOL_2D MINIMUM MIRROR_PAD PACK PAD',
    'REDUCE_MAX REDUCE_MIN RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SELECT_V2 SLICE SPACE_TO_DEPTH SPLIT SPLIT_V SQUEEZE STRIDED_SLICE',
    'TRANSPOSE UNPACK',
  ].flatMap((line) => line.split(' ')),
);

/** Which inputs are which. */
export type Places = { readonly data: number; readonly weights: number; readonly bias: number };

export const weighted: Readonly<Record<string, Places>> = {
  CONV_2D: { data: 0, weights: 1, bias: 2 },
  DEPTHWISE_CONV_2D: { data: 0, weights: 1, bias: 2 },
  FULLY_CONNECTED: { data: 0, weights: 1, bias: 2 },
  TRANSPOSE_CONV: { data: 2, weights: 1, bias: 3 },
};

type Fixed = Readonly<Record<'int8' | 'uint8' | 'int16', readonly [scale: number, zeroPoint: number]>>;

/** What the results have, whatever the graph says. */
const fixed: Readonly<Record<string, Fixed>> = {
  SOFTMAX: { int8: [2 ** -8, -128], uint8: [2 ** -8, 0], int16: [2 ** -15, 0] },
  LOGISTIC: { int8: [2 ** -8, -128], uint8: [2 ** -8, 0], int16: [2 ** -15, 0] },
  TANH: { int8: [2 ** -7, 0], uint8: [2 ** -7, 128], int16: [2 ** -15, 0] },
  LOG_SOFTMAX: { int8: [2 ** -4, 127], uint8: [2 ** -4, 255], int16: [2 ** -11, 0] },
  L2_NORMALIZATION: { int8: [2 ** -7, 0], uint8: [2 ** -7, 128], int16: [2 ** -15, 0] },
};

/** Whether an operator may read and give these codes. */
export function fits(
  opcode: string,
  inputs: readonly number[],
  outputs: readonly number[],
  tensors: readonly OpenTensor[],
): boolean {
  const place = weighted[opcode];
  const coded = (indices: readonly number[]) =>
    indices.flatMap((index) => tensors[index]?.quantization ?? []);
  const values = place ? [inputs[place.data] ?? -1, ...outputs] : [...inputs, ...outputs];
  if (coded(values).some(({ scale }) => scale.length !== 1)) return false;
  const types = new Set([inputs[place?.data ?? 0], ...outputs].map((index) => tensors[index ?? -1]?.type));
  if ([...types].some((type) => type !== undefined && !hasKernel(opcode, type))) return false;
  if (moves.has(opcode)) {
    const [first, ...others] = coded([...inputs, ...outputs]);
    return first !== undefined && others.every((other) => isSame(first, other));
  }
  if (types.size !== 1) return false;
  const [type] = types;
  if (type !== 'int8' && type !== 'int16' && type !== 'uint8') return false;
  const given = fixed[opcode]?.[type];
  const [output] = coded(outputs);
  if (given && !(output?.scale[0] === given[0] && output.zeroPoint[0] === given[1])) return false;
  if (!place)
    return inputs.every(
      (index) => tensors[index]?.type === type || tensors[index]?.quantization === undefined,
    );
  const bias = tensors[inputs[place.bias] ?? -1];
  return (
    takesWeights(tensors[inputs[place.weights] ?? -1], type) && (bias === undefined || bias.type === 'int32')
  );
}

/** Codes around 0 without the least one, of which kernels add two products in 16 bits; those of 8 unsigned bits as they are. */
function takesWeights(weights: OpenTensor | undefined, type: 'int8' | 'uint8' | 'int16'): boolean {
  const { scale = [], zeroPoint = [] } = weights?.quantization ?? {};
  if (type === 'uint8') return weights?.type === 'uint8' && scale.length === 1;
  if (weights?.type !== 'int8' || zeroPoint.some((point) => point !== 0)) return false;
  return weights.data === undefined ? scale.length === 1 : !weights.data.includes(0x80);
}

/**
 * The bias in the 32 bits of the sums it is added to, at their scale; undefined when those hold no such number, or when
 * there are no sums of codes.
 */
export function codedBias(
  { inputs: given }: OpenOperator,
  inputs: readonly (number | undefined)[],
  place: Places,
  tensors: OpenTensor[],
): number | undefined {
  if ((given[place.bias] ?? -1) < 0) return given[place.bias];
  const coded = inputs[place.bias];
  const data = tensors[inputs[place.data] ?? -1]?.quantization;
  const weights = tensors[inputs[place.weights] ?? -1]?.quantization;
  if (!data || !weights) return coded;
  const scale = weights.scale.map((each) => each * (data.scale[0] ?? 1));
  const bias = tensors[coded ?? given[place.bias] ?? -1];
  if (bias?.data === undefined) return undefined;
  if (bias.type === 'int32' && isAt(bias.quantization, scale)) return coded;
  const values = valuesOf(bias);
  if (values === undefined) return undefined;
  const sums = values.map((value, at) => Math.round(value / (scale[at] ?? scale[0] ?? 1)));
  if (sums.some((sum) => !(Math.abs(sum) < 2 ** 31))) return undefined;
  const codes = new Uint8Array(Int32Array.from(sums).buffer);
  const quantization = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  return tensors.push({ ...bias, name: `${bias.name}/codes`, type: 'int32', data: codes, quantization }) - 1;
}

/** Whether the codes have these scales, as near as two products of float32 are. */
function isAt(quantization: Quantization | undefined, scale: readonly number[]): boolean {
  const own = quantization?.scale ?? [];
  return (
    own.length === scale.length &&
    (quantization?.zeroPoint ?? []).every((point) => point === 0) &&
    own.every((each, at) => Math.abs(each / (scale[at] ?? 0) - 1) < 1e-6)
  );
}

/** The numbers of a constant of one axis. */
function valuesOf({ type, data, quantization }: OpenTensor): number[] | undefined {
  if (data === undefined || (type !== 'float32' && type !== 'int32' && type !== 'int8' && type !== 'uint8'))
    return undefined;
  const { data: list } = tensorFromBytes(
    type,
    [data.length / (type === 'float32' || type === 'int32' ? 4 : 1)],
    data,
  );
  const numbers = Array.from(list as ArrayLike<number>);
  if (type === 'float32') return numbers;
  const { scale, zeroPoint } = quantization ?? { scale: [1], zeroPoint: [0] };
  return numbers.map(
    (code, at) => (code - (zeroPoint[at] ?? zeroPoint[0] ?? 0)) * (scale[at] ?? scale[0] ?? 1),
  );
}
