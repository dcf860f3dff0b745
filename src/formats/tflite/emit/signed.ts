// Codes of 8 unsigned bits as signed ones: TFLite's kernels take weights around 0, which are signed, with signed data only.
// The numbers stay what they are: code and zero point are 128 less. What the model takes and gives stays unsigned, with a
// QUANTIZE between.

import type { OpenOperator, OpenTensor } from './emission.ts';
import { hasKernel } from './kernels.ts';
import { makersOf, type Part } from './part.ts';
import { computes, weighted } from './whole-numbers.ts';

export function toSigned(part: Part): void {
  if (!isWanted(part)) return;
  const { tensors, outputs } = part;
  const makers = makersOf(part);
  const before: OpenOperator[] = [];
  const after: OpenOperator[] = [];
  const moved = new Map<number, number>();
  for (const [index, tensor] of [...tensors.entries()]) {
    if (tensor.type !== 'uint8' || tensor.quantization === undefined) continue;
    const isBorder = tensor.data === undefined && (!makers.has(index) || outputs.includes(index));
    if (!isBorder) {
      Object.assign(tensor, signed(tensor));
      continue;
    }
    const inner = tensors.push({ ...tensor, ...signed(tensor), name: `${tensor.name}/signed` }) - 1;
    moved.set(index, inner);
    if (makers.has(index)) after.push({ opcode: 'QUANTIZE', inputs: [inner], outputs: [index], options: {} });
    else before.push({ opcode: 'QUANTIZE', inputs: [index], outputs: [inner], options: {} });
  }
  for (const operator of part.operators) {
    operator.inputs = operator.inputs.map((index) => moved.get(index) ?? index);
    operator.outputs = operator.outputs.map((index) => moved.get(index) ?? index);
  }
  part.operators = [...before, ...part.operators, ...after];
}

function signed({ data, quantization }: OpenTensor): Partial<OpenTensor> {
  return {
    type: 'int8',
    ...(data && { data: data.map((code) => code ^ 0x80) }),
    ...(quantization && {
      quantization: { ...quantization, zeroPoint: quantization.zeroPoint.map((point) => point - 128) },
    }),
  };
}

/** Whether an operator on unsigned codes has kernels on signed ones only, and none has them on unsigned ones only. */
function isWanted(part: Part): boolean {
  const makers = makersOf(part);
  const codesOf = (index: number | undefined): OpenTensor | undefined => {
    const maker = makers.get(index ?? -1);
    return maker?.opcode === 'DEQUANTIZE' ? part.tensors[maker.inputs[0] ?? -1] : undefined;
  };
  let isWanted = false;
  for (const { opcode, inputs } of part.operators) {
    const place = weighted[opcode];
    if (codesOf(inputs[place?.data ?? 0])?.type !== 'uint8') continue;
    const weights = place && codesOf(inputs[place.weights]);
    if (weights?.type === 'uint8' && weights.quantization?.zeroPoint.some((point) => point !== 128))
      return false;
    if (weights !== undefined || (computes.has(opcode) && !hasKernel(opcode, 'uint8'))) isWanted = true;
  }
  return isWanted;
}
