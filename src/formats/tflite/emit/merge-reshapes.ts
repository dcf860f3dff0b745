// RESHAPEs in a row are one, also with something between that takes each element by itself, and one that gives the shape it
// is given is none. They meet once DEQUANTIZE and QUANTIZE between them are gone, and around convolutions and pools over one
// axis, which TFLite does over two.
//
//   Given    CONV_2D → RESHAPE [N, T, C] → RESHAPE [N, 1, T, C] → MAX_POOL_2D
//   Result   CONV_2D → MAX_POOL_2D

import type { OpenTensor } from './emission.ts';
import { makersOf, type Part, readersOf } from './part.ts';

/** The elements stay in their order. */
export const reshapes = new Set(['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS']);

/** One input, each element by itself. */
const unary = new Set(
  [
    'ABS ELU EXP GELU HARD_SWISH LEAKY_RELU LOG LOGISTIC QUANTIZE RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1',
    'RSQRT SQRT TANH',
  ].flatMap((line) => line.split(' ')),
);

export function mergeReshapes(part: Part): void {
  const { tensors } = part;
  meetPastUnary(part);
  const makers = makersOf(part);
  const same = new Map<number, number>();
  part.operators = part.operators.filter((operator) => {
    operator.inputs = operator.inputs.map((index) => same.get(index) ?? index);
    if (operator.opcode !== 'RESHAPE') return true;
    const [, ...shape] = operator.inputs;
    let [input = -1] = operator.inputs;
    const before = makers.get(input);
    // Makers come first: theirs has been led past others already.
    if (before !== undefined && reshapes.has(before.opcode)) [input = -1] = before.inputs;
    operator.inputs = [input, ...shape];
    const [output = -1] = operator.outputs;
    if (part.outputs.includes(output) || !isAlike(tensors[input], tensors[output])) return true;
    same.set(output, input);
    return false;
  });
}

/** RESHAPE → TANH → RESHAPE becomes TANH → RESHAPE → RESHAPE. */
function meetPastUnary(part: Part): void {
  const { tensors, outputs } = part;
  const [makers, readers] = [makersOf(part), readersOf(part)];
  const isInner = (index: number) => readers.get(index)?.length === 1 && !outputs.includes(index);
  for (const last of part.operators) {
    const [made = -1] = last.inputs;
    const middle = makers.get(made);
    const [given = -1] = middle?.inputs ?? [];
    const first = makers.get(given);
    if (last.opcode !== 'RESHAPE' || !middle || !unary.has(middle.opcode)) continue;
    if (first?.opcode !== 'RESHAPE' || !isInner(made) || !isInner(given)) continue;
    const [source = -1] = first.inputs;
    const [result, shaped] = [tensors[made], tensors[source]];
    if (!result || !shaped) continue;
    const moved = tensors.push({ ...result, shape: shaped.shape }) - 1;
    middle.inputs = [source];
    middle.outputs = [moved];
    last.inputs = [moved, ...last.inputs.slice(1)];
    makers.set(moved, middle);
    readers.set(moved, [last]);
  }
}

/** At most one open axis: how long it is follows from the others. */
function isAlike(a: OpenTensor | undefined, b: OpenTensor | undefined): boolean {
  if (a?.shape === undefined || b?.shape?.length !== a.shape.length) return false;
  const isOpen = (dim: unknown) => typeof dim !== 'number';
  const open = a.shape.filter(isOpen).length;
  return (
    open <= 1 &&
    a.shape.every((dim, axis) => (isOpen(dim) ? isOpen(b.shape?.[axis]) : dim === b.shape?.[axis]))
  );
}
