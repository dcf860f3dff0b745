// Operators that only move codes need one scale on all sides. Where a graph gives the sides scales of their own, QUANTIZE
// brings one to the other, which is what quantizing the moved numbers would have done.
//
//   Given    a, b → DEQUANTIZE → CONCATENATION → QUANTIZE → y
//   Result   b → QUANTIZE at y's scale → CONCATENATION(a, ·) → y, where a has y's scale already

import type { OpenOperator, OpenTensor } from './emission.ts';
import type { Part } from './part.ts';
import { isSame } from './quantize.ts';

/** They mix neighbours, and would round twice. */
const mixes = new Set(['RESIZE_BILINEAR', 'AVERAGE_POOL_2D']);

/**
 * Lets the operator read and give codes, and returns the operators it needs before it; undefined when it cannot.
 * `inputs`: its inputs as codes. `makes`: the QUANTIZE that reads each of its outputs.
 */
export function rescale(
  operator: OpenOperator,
  inputs: readonly number[],
  makes: readonly OpenOperator[],
  { tensors }: Part,
): readonly OpenOperator[] | undefined {
  if (mixes.has(operator.opcode)) return undefined;
  const data = inputs.filter((index) => tensors[index]?.quantization !== undefined);
  const outputs = makes.map(({ outputs: [output = -1] }) => output);
  const all = [...data, ...outputs].map((index) => tensors[index]);
  const isPlain = all.every(
    (tensor) => tensor?.quantization?.scale.length === 1 && tensor.data === undefined,
  );
  const [first = -1] = data;
  const source = tensors[first];
  if (!isPlain || source === undefined) return undefined;
  if (data.length === 1) {
    operator.inputs = [...inputs];
    operator.outputs = operator.outputs.map((output, at) => {
      const made = tensors[outputs[at] ?? -1];
      if (made && isAlike(made, source)) return outputs[at] ?? -1;
      const codes = recoded(output, source, tensors);
      const reader = makes[at];
      if (reader) reader.inputs = [codes];
      return codes;
    });
    return [];
  }
  const [output = -1, ...others] = outputs;
  const target = tensors[output];
  if (target === undefined || others.length > 0) return undefined;
  const added: OpenOperator[] = [];
  operator.inputs = inputs.map((index) => {
    const tensor = tensors[index];
    if (tensor?.quantization === undefined || isAlike(tensor, target)) return index;
    const codes = recoded(index, target, tensors);
    added.push({ opcode: 'QUANTIZE', inputs: [index], outputs: [codes], options: {} });
    return codes;
  });
  operator.outputs = [output];
  return added;
}

function isAlike(a: OpenTensor, b: OpenTensor): boolean {
  return (
    a.type === b.type &&
    a.quantization !== undefined &&
    b.quantization !== undefined &&
    isSame(a.quantization, b.quantization)
  );
}

/** A tensor of the shape of one, with codes like those of another. */
function recoded(index: number, { type, quantization }: OpenTensor, tensors: OpenTensor[]): number {
  const { name = '', shape } = tensors[index] ?? {};
  return tensors.push({ name: `${name}/rescaled`, shape, type, ...(quantization && { quantization }) }) - 1;
}
