// Conversions go around operators that only move elements, so that what computes next to those reads and gives codes.
//
//   Given    codes → DEQUANTIZE → PAD → CONV_2D → SQUEEZE → QUANTIZE
//   Result   codes → PAD → DEQUANTIZE → CONV_2D → QUANTIZE → SQUEEZE

import type { OpenOperator } from './emission.ts';
import { reshapes } from './merge-reshapes.ts';
import { makersOf, type Part, readersOf } from './part.ts';

/** Reorderings, which give the same for codes as for numbers. */
export const reorders = new Set(['TRANSPOSE', ...reshapes]);

/** QUANTIZE goes before a reordering whose result is read as codes only, so that its maker can give codes too. */
export function hoistQuantize(part: Part): void {
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

/** Those with one input of numbers that pick some of them, or put zeros between, which have a code in every tensor. */
const picks = new Set([...reorders, 'PAD', 'SLICE', 'STRIDED_SLICE']);

/** DEQUANTIZE goes behind what moves the numbers it makes. */
export function sinkDequantize(part: Part): void {
  const { tensors } = part;
  const makers = makersOf(part);
  part.operators = part.operators.flatMap((operator) => {
    const [input = -1] = operator.inputs;
    const [output = -1] = operator.outputs;
    const maker = makers.get(input);
    if (maker?.opcode !== 'DEQUANTIZE') return [operator];
    const [source = -1] = maker.inputs;
    // Lengths are those of the codes.
    if (operator.opcode === 'SHAPE') operator.inputs = [source];
    if (!picks.has(operator.opcode) && operator.opcode !== 'GATHER') return [operator];
    const [codes, made] = [tensors[source], tensors[output]];
    const { quantization } = codes ?? {};
    if (!codes || !made || quantization?.scale.length !== 1) return [operator];
    // Rows are read out of a table of codes as codes.
    if ((codes.data === undefined) === (operator.opcode === 'GATHER')) return [operator];
    const moved =
      tensors.push({ name: `${made.name}/codes`, shape: made.shape, type: codes.type, quantization }) - 1;
    operator.inputs[0] = source;
    operator.outputs = [moved];
    const after: OpenOperator = { ...maker, inputs: [moved], outputs: [output] };
    makers.set(moved, operator);
    makers.set(output, after);
    return [operator, after];
  });
}
