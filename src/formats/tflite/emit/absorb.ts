// Operators between DEQUANTIZE and QUANTIZE compute on whole numbers.
//
//   Given    codes → DEQUANTIZE → CONV_2D(DEQUANTIZE(weights), DEQUANTIZE(bias)) → QUANTIZE → codes
//   Result   codes → CONV_2D(weights, bias) → codes
//
//   1. All numbers it reads have to be codes, and what it makes has to be read as codes only.
//   2. Operators that only move elements need one scale on both sides (rescale.ts); all ask something of scales and types
//      (whole-numbers.ts).
//   3. Where only the weights are codes, and not what they are multiplied with, the operator takes them as they are and
//      computes in float32 (hybrid).
//   4. A DEQUANTIZE followed by a QUANTIZE is one QUANTIZE, from codes to codes.
// https://ai.google.dev/edge/litert/models/quantization_spec

import { tensorFromBytes } from '../../../graph/tensor.ts';
import type { Quantization } from '../records.ts';
import type { OpenOperator, OpenTensor } from './emission.ts';
import { hoistQuantize, sinkDequantize } from './move-codes.ts';
import { makersOf, type Part, readersOf } from './part.ts';
import { isSame } from './quantize.ts';
import { rescale } from './rescale.ts';
import { shareScales } from './share-scales.ts';
import { toSigned } from './signed.ts';
import { codedBias, computes, fits, moves, type Places, weighted } from './whole-numbers.ts';

export function absorb(part: Part): void {
  shareScales(part, moves);
  if (!part.operators.some(({ opcode }) => opcode === 'DEQUANTIZE')) return;
  toSigned(part);
  hoistQuantize(part);
  sinkDequantize(part);
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
  /** Rows of a table of codes are weights themselves, and as good as numbers to what reads them. */
  const isNumbers = (codes: number | undefined): boolean =>
    codes === undefined || makers.get(codes)?.opcode === 'GATHER';
  const gone = new Set<OpenOperator>();
  const before = new Map<OpenOperator, readonly OpenOperator[]>();
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
    if (place && place.bias < inputs.length) inputs[place.bias] = codedBias(operator, inputs, place, tensors);
    const makes = operator.outputs.map((index) => (isFloat(index) ? quantized(index) : undefined));
    const isWhole =
      inputs.every((index) => index !== undefined) && makes.every((reader) => reader !== undefined);
    const outputs = makes.map((reader) => reader?.outputs[0] ?? -1);
    if (isWhole && fits(opcode, inputs as number[], outputs, tensors)) {
      operator.inputs = inputs as number[];
      operator.outputs = outputs;
      for (const reader of makes) if (reader) gone.add(reader);
      if (place) widenBias(operator, place, part);
      // Scales that are powers of two, or nearly, would send the kernels a way on which LiteRT ends the process.
      if (opcode === 'ADD' || opcode === 'SUB') operator.options.potScaleInt16 = false;
      for (const output of outputs) makers.set(output, operator);
    } else if (isWhole && moves.has(opcode)) {
      const added = rescale(operator, inputs as number[], makes as OpenOperator[], part);
      if (added === undefined) continue;
      before.set(operator, added);
      for (const reader of makes) {
        if (reader && operator.outputs.includes(reader.outputs[0] ?? -1)) gone.add(reader);
      }
      for (const output of operator.outputs) makers.set(output, operator);
    } else if (place && opcode !== 'TRANSPOSE_CONV' && isNumbers(inputs[place.data])) {
      hybrid(operator, inputs[place.weights], place.weights, tensors);
    }
  }
  part.operators = part.operators
    .filter((operator) => !gone.has(operator))
    .flatMap((operator) => [...(before.get(operator) ?? []), operator]);
  dropNothing(part);
  dropUnread(part);
  computeConstants(part);
}

/** A QUANTIZE from codes to the same codes. */
function dropNothing(part: Part): void {
  const makers = makersOf(part);
  const same = new Map<number, number>();
  part.operators = part.operators.filter(({ opcode, inputs: [input = -1], outputs: [output = -1] }) => {
    const [a, b] = [part.tensors[input], part.tensors[output]];
    if (opcode !== 'QUANTIZE' || !a?.quantization || !b?.quantization) return true;
    if (a.type !== b.type || !isSame(a.quantization, b.quantization)) return true;
    if (part.outputs.includes(output)) {
      // What makes the codes gives them out under the name of the output.
      const isGiven = part.outputs.includes(input) || makers.get(input) === undefined || same.has(input);
      if (isGiven || [...same.values()].includes(input)) return true;
      same.set(input, output);
    } else same.set(output, same.get(input) ?? input);
    return false;
  });
  for (const operator of part.operators) {
    operator.inputs = operator.inputs.map((index) => same.get(index) ?? index);
    operator.outputs = operator.outputs.map((index) => same.get(index) ?? index);
  }
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
