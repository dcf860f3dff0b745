// Operators between DEQUANTIZE and QUANTIZE compute on whole numbers.
//
//   Given    codes → DEQUANTIZE → CONV_2D(DEQUANTIZE(weights), DEQUANTIZE(bias)) → QUANTIZE → codes
//   Result   codes → CONV_2D(weights, bias) → codes
//
//   1. All numbers it reads have to be codes, and what it makes has to be read as codes only.
//   2. Operators that only move elements need one scale on both sides.
//   3. Where only the weights are codes, the operator takes them as they are and computes in float32 (hybrid).
//   4. A DEQUANTIZE followed by a QUANTIZE is one QUANTIZE, from codes to codes.
// https://ai.google.dev/edge/litert/models/quantization_spec

import { tensorFromBytes } from '../../../graph/tensor.ts';
import type { Quantization } from '../records.ts';
import type { OpenOperator, OpenTensor } from './emission.ts';
import { makersOf, type Part, readersOf } from './part.ts';
import { isSame } from './quantize.ts';

/** Kernels on whole numbers; those that need the same scale on both sides are `moves`. */
const computes = new Set(
  [
    'ADD AVERAGE_POOL_2D BATCH_MATMUL CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED HARD_SWISH L2_NORMALIZATION LEAKY_RELU',
    'LOGISTIC LOG_SOFTMAX MEAN MUL PRELU REDUCE_MAX REDUCE_MIN RELU RELU6 RSQRT SOFTMAX SUB SUM TANH TRANSPOSE_CONV',
  ].flatMap((line) => line.split(' ')),
);
const moves = new Set(
  [
    'CONCATENATION DEPTH_TO_SPACE EXPAND_DIMS GATHER MAXIMUM MAX_POOL_2D MINIMUM MIRROR_PAD PACK PAD RESHAPE',
    'RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SLICE SPACE_TO_DEPTH SPLIT SPLIT_V SQUEEZE STRIDED_SLICE TRANSPOSE UNPACK',
  ].flatMap((line) => line.split(' ')),
);
/** Which inputs are which. */
type Places = { readonly data: number; readonly weights: number; readonly bias: number };

const weighted: Readonly<Record<string, Places>> = {
  CONV_2D: { data: 0, weights: 1, bias: 2 },
  DEPTHWISE_CONV_2D: { data: 0, weights: 1, bias: 2 },
  FULLY_CONNECTED: { data: 0, weights: 1, bias: 2 },
  TRANSPOSE_CONV: { data: 2, weights: 1, bias: 3 },
};

export function absorb(part: Part): void {
  passScalesOn(part);
  if (!part.operators.some(({ opcode }) => opcode === 'DEQUANTIZE')) return;
  hoist(part);
  const { tensors } = part;
  const [readers, makers] = [readersOf(part), makersOf(part)];
  const isFloat = (index: number) => index >= 0 && tensors[index]?.type === 'float32';
  const codes = (index: number): number | undefined => {
    const maker = makers.get(index);
    return maker?.opcode === 'DEQUANTIZE' ? maker.inputs[0] : undefined;
  };
  const quantized = (index: number): OpenOperator | undefined => {
    const [reader, ...others] = readers.get(index) ?? [];
    return others.length === 0 && reader?.opcode === 'QUANTIZE' && !part.outputs.includes(index)
      ? reader
      : undefined;
  };
  const gone = new Set<OpenOperator>();
  for (const operator of part.operators) {
    const { opcode } = operator;
    if (opcode === 'QUANTIZE') {
      const source = codes(operator.inputs[0] ?? -1);
      if (source === undefined || tensors[source]?.data !== undefined) continue;
      operator.inputs[0] = source;
      continue;
    }
    if (!computes.has(opcode) && !moves.has(opcode)) continue;
    const place = weighted[opcode];
    const inputs = operator.inputs.map((index) => (isFloat(index) ? codes(index) : index));
    if (place) inputs[place.bias] ??= codedBias(operator, inputs, place, tensors);
    const makes = operator.outputs.map((index) => (isFloat(index) ? quantized(index) : undefined));
    const isWhole =
      inputs.every((index) => index !== undefined) && makes.every((reader) => reader !== undefined);
    const outputs = makes.map((reader) => reader?.outputs[0] ?? -1);
    if (isWhole && fits(opcode, inputs as number[], outputs, tensors)) {
      operator.inputs = inputs as number[];
      operator.outputs = outputs;
      for (const reader of makes) if (reader) gone.add(reader);
      if (place) widenBias(operator, place, part);
      for (const output of outputs) makers.set(output, operator);
    } else if (place && opcode !== 'TRANSPOSE_CONV') {
      hybrid(operator, inputs[place.weights], place.weights, tensors);
    }
  }
  part.operators = part.operators.filter((operator) => !gone.has(operator));
  dropNothing(part);
  dropUnread(part);
  computeConstants(part);
}

/** Reorderings, which give the same for codes as for numbers. */
const reorders = new Set(['TRANSPOSE', 'RESHAPE', 'SQUEEZE', 'EXPAND_DIMS']);

/** Codes that a border tensor holds in another order keep their meaning. */
function passScalesOn({ tensors, operators }: Part): void {
  const isCoded = (tensor: OpenTensor | undefined): tensor is OpenTensor =>
    tensor?.type === 'int8' || tensor?.type === 'uint8' || tensor?.type === 'int16';
  const pass = ({ opcode, inputs, outputs }: OpenOperator): void => {
    if (!reorders.has(opcode)) return;
    const [from, to] = [tensors[inputs[0] ?? -1], tensors[outputs[0] ?? -1]];
    if (!isCoded(from) || !isCoded(to)) return;
    const known = from.quantization ?? to.quantization;
    if (known === undefined || known.scale.length > 1) return;
    from.quantization ??= known;
    to.quantization ??= known;
  };
  operators.forEach(pass);
  [...operators].reverse().forEach(pass);
}

/** QUANTIZE goes before a reordering whose result is read as codes only, so that its maker can give codes too. */
function hoist(part: Part): void {
  const { tensors } = part;
  const [readers, makers] = [readersOf(part), makersOf(part)];
  for (const operator of [...part.operators].reverse()) {
    if (operator.opcode !== 'QUANTIZE') continue;
    let [source = -1] = operator.inputs;
    for (
      let mover = makers.get(source);
      mover !== undefined && reorders.has(mover.opcode);
      mover = makers.get(source)
    ) {
      const [input = -1] = mover.inputs;
      const before = tensors[input];
      const after = tensors[operator.outputs[0] ?? -1];
      const isOnly = readers.get(source)?.length === 1 && readers.get(input)?.length === 1;
      if (!isOnly || part.outputs.includes(source) || before?.type !== 'float32' || !after?.quantization)
        break;
      if (after.quantization.scale.length > 1 || makers.get(input) === undefined) break;
      const codes =
        tensors.push({
          ...before,
          name: `${before.name}/codes`,
          type: after.type,
          quantization: after.quantization,
        }) - 1;
      mover.inputs[0] = codes;
      mover.outputs = [...operator.outputs];
      makers.set(mover.outputs[0] ?? -1, mover);
      operator.inputs = [input];
      operator.outputs = [codes];
      readers.set(input, [operator]);
      readers.set(codes, [mover]);
      const at = part.operators.indexOf(mover);
      part.operators.splice(part.operators.indexOf(operator), 1);
      part.operators.splice(at, 0, operator);
      source = input;
    }
  }
}

/** A QUANTIZE from codes to the same codes. */
function dropNothing(part: Part): void {
  const same = new Map<number, number>();
  part.operators = part.operators.filter(({ opcode, inputs: [input = -1], outputs: [output = -1] }) => {
    const [a, b] = [part.tensors[input], part.tensors[output]];
    if (opcode !== 'QUANTIZE' || !a?.quantization || !b?.quantization || part.outputs.includes(output))
      return true;
    if (a.type !== b.type || !isSame(a.quantization, b.quantization)) return true;
    same.set(output, same.get(input) ?? input);
    return false;
  });
  for (const operator of part.operators)
    operator.inputs = operator.inputs.map((index) => same.get(index) ?? index);
}

function fits(
  opcode: string,
  inputs: readonly number[],
  outputs: readonly number[],
  tensors: readonly OpenTensor[],
): boolean {
  const coded = [...inputs, ...outputs].flatMap((index) => tensors[index]?.quantization ?? []);
  if (moves.has(opcode)) {
    const [first] = coded;
    return first !== undefined && coded.every((other) => isSame(first, other));
  }
  const place = weighted[opcode];
  const types = new Set([inputs[place?.data ?? 0], ...outputs].map((index) => tensors[index ?? -1]?.type));
  if (types.size !== 1) return false;
  const [type] = types;
  if (type !== 'int8' && type !== 'int16' && type !== 'uint8') return false;
  if (!place)
    return inputs.every(
      (index) => tensors[index]?.type === type || tensors[index]?.quantization === undefined,
    );
  const bias = tensors[inputs[place.bias] ?? -1];
  return (
    tensors[inputs[place.weights] ?? -1]?.type === (type === 'uint8' ? 'uint8' : 'int8') &&
    (bias === undefined || bias.type === 'int32')
  );
}

/** A bias given as numbers, in the 32 bits of the sums it is added to; undefined when those hold no such number. */
function codedBias(
  { inputs: given }: OpenOperator,
  inputs: readonly (number | undefined)[],
  place: Places,
  tensors: OpenTensor[],
): number | undefined {
  const bias = tensors[given[place.bias] ?? -1];
  const data = tensors[inputs[place.data] ?? -1]?.quantization;
  const weights = tensors[inputs[place.weights] ?? -1]?.quantization;
  if (bias?.data === undefined || bias.type !== 'float32' || !data || !weights) return undefined;
  const { data: values } = tensorFromBytes('float32', [], bias.data);
  const scale = weights.scale.map((each) => each * (data.scale[0] ?? 1));
  const sums = Array.from(values as Float32Array, (value, at) =>
    Math.round(value / (scale[at] ?? scale[0] ?? 1)),
  );
  if (sums.some((sum) => !(Math.abs(sum) < 2 ** 31))) return undefined;
  const codes = new Uint8Array(Int32Array.from(sums).buffer);
  const quantization = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  return tensors.push({ ...bias, name: `${bias.name}/codes`, type: 'int32', data: codes, quantization }) - 1;
}

/** Weights as codes, everything else in float32: the kernels ask for a zero point of 0. */
function hybrid(
  operator: OpenOperator,
  codes: number | undefined,
  at: number,
  tensors: readonly OpenTensor[],
): void {
  const tensor = codes === undefined ? undefined : tensors[codes];
  if (tensor?.type !== 'int8' || tensor.data === undefined || codes === undefined) return;
  if (tensor.quantization?.zeroPoint.some((point) => point !== 0)) return;
  operator.inputs[at] = codes;
  if (operator.opcode === 'FULLY_CONNECTED') operator.options.asymmetricQuantizeInputs = true;
}

/** With activations of 16 bits the kernels add in 64. */
function widenBias(operator: OpenOperator, place: Places, { tensors }: Part): void {
  const bias = tensors[operator.inputs[place.bias] ?? -1];
  if (tensors[operator.inputs[place.data] ?? -1]?.type !== 'int16' || bias?.data === undefined) return;
  const { data: sums } = tensorFromBytes('int32', [], bias.data);
  const wide = BigInt64Array.from(sums as Int32Array, BigInt);
  tensors.push({ ...bias, type: 'int64', data: new Uint8Array(wide.buffer) });
  operator.inputs[place.bias] = tensors.length - 1;
}

function dropUnread(part: Part): void {
  const read = new Set([...part.outputs, ...part.operators.flatMap(({ inputs }) => inputs)]);
  part.operators = part.operators.filter(
    ({ opcode, outputs }) => opcode !== 'DEQUANTIZE' || outputs.some((index) => read.has(index)),
  );
}

/** What is left of 32-bit codes has no kernel: biases of operators that stayed in float32. */
function computeConstants(part: Part): void {
  part.operators = part.operators.filter(({ opcode, inputs, outputs }) => {
    const codes = part.tensors[inputs[0] ?? -1];
    const result = part.tensors[outputs[0] ?? -1];
    if (opcode !== 'DEQUANTIZE' || codes?.type !== 'int32' || codes.data === undefined || !result)
      return true;
    result.data = dequantize(codes.data, codes.shape as readonly number[], codes.quantization);
    return false;
  });
}

function dequantize(
  data: Uint8Array,
  dims: readonly number[],
  quantization: Quantization | undefined,
): Uint8Array {
  const list = tensorFromBytes('int32', dims, data).data as Int32Array;
  const { scale = [1], zeroPoint = [0], axis = 0 } = quantization ?? {};
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const values = Float32Array.from(list, (value, at) => {
    const index = scale.length === 1 ? 0 : Math.floor(at / inner) % scale.length;
    return (value - (zeroPoint[index] ?? 0)) * (scale[index] ?? 1);
  });
  return new Uint8Array(values.buffer);
}
