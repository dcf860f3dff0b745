// What codes stand for, brought to where only an operator that moves them says it: inputs and outputs of the model, constants,
// and what lies between. Kernels want one scale on all sides, and some give nonsense where a side has none.
//
//   Given    int8 x → RESHAPE → CONCATENATION(·, int8 constant) → int8 with a scale
//   Result   x, what RESHAPE makes and the constant have that scale

import type { OpenOperator, OpenTensor } from './emission.ts';
import type { Part } from './part.ts';
import { isSame } from './quantize.ts';

/** `moves`: operators that give the same for codes as for the numbers they stand for. */
export function shareScales({ tensors, operators }: Part, moves: ReadonlySet<string>): void {
  const movers = operators.filter(({ opcode }) => moves.has(opcode));
  const there = [...movers, ...[...movers].reverse()];
  let isShared = false;
  while (!isShared) isShared = there.filter((operator) => share(operator, tensors)).length === 0;
}

/** Whether something learned its scale. */
function share(operator: OpenOperator, tensors: OpenTensor[]): boolean {
  const coded = [...operator.inputs, ...operator.outputs].flatMap((index) => {
    const tensor = tensors[index];
    return isCoded(tensor) ? [tensor] : [];
  });
  // A constant may be read at several scales: what it learned from one reader says nothing to the others.
  const sure = coded.find(({ quantization, data }) => data === undefined && quantization?.scale.length === 1);
  const known = sure?.quantization;
  if (known === undefined) return false;
  const unknown = coded.filter(({ quantization }) => quantization === undefined);
  for (const tensor of unknown) tensor.quantization = known;
  operator.inputs = operator.inputs.map((index) => {
    const tensor = tensors[index];
    if (!isCoded(tensor) || tensor.data === undefined) return index;
    if (tensor.quantization === undefined || isSame(tensor.quantization, known)) return index;
    return tensors.push({ ...tensor, quantization: known }) - 1;
  });
  return unknown.length > 0;
}

function isCoded(tensor: OpenTensor | undefined): tensor is OpenTensor {
  return tensor?.type === 'int8' || tensor?.type === 'uint8' || tensor?.type === 'int16';
}
