// What LiteRT cannot run, found before it is asked: it computes nonsense from some files instead of refusing them.

import type { Interface } from '../../formats/tflite/interface.ts';
import type { TfliteFile, TfliteTensor } from '../../formats/tflite/records.ts';
import { isPassable } from './compiled.ts';
import { openAxes } from './resize.ts';

/** All reasons in one sentence; undefined when there are none. */
export function whyNot(file: TfliteFile, { inputs, outputs }: Interface): string | undefined {
  const reasons = operatorReasons(file);
  // Lengths of outputs follow from those of the inputs; what does not shows when the model is tried out.
  const isOpen = inputs.some((input) => openAxes(input).length > 0);
  for (const output of isOpen ? [] : outputs) {
    const open = openAxes(output);
    if (open.length > 0)
      reasons.push(
        `the length of axis ${open.join(', ')} of output ${output.name} is only known after a run`,
      );
  }
  for (const { name, tensor } of [...inputs, ...outputs]) {
    if (!isPassable(tensor.type)) reasons.push(`${name} is of ${tensor.type}`);
    else if (tensor.shape === undefined) reasons.push(`the rank of ${name} is not known`);
  }
  return reasons.length === 0 ? undefined : [...new Set(reasons)].join('; ');
}

function operatorReasons({ subgraphs }: TfliteFile): string[] {
  const customs = new Map<string, number>();
  let variables = 0;
  let pixels = 0;
  let tops = 0;
  for (const { operators, tensors, inputs: given } of subgraphs) {
    variables += tensors.filter(({ isVariable }) => isVariable).length;
    for (const { opcode, custom = '?', inputs } of operators) {
      if (opcode === 'RESIZE_BILINEAR' && isQuantizedPixel(tensors[inputs[0] ?? -1])) pixels++;
      // Its results stay unwritten where another operator made what it looks at (2.5.3).
      const [of = -1] = inputs;
      if (opcode === 'TOPK_V2' && tensors[of]?.shapeSignature?.includes(-1) && !given.includes(of)) tops++;
      if (opcode === 'CUSTOM') customs.set(custom, (customs.get(custom) ?? 0) + 1);
    }
  }
  const reasons: string[] = [];
  if (customs.size > 0) {
    const list = [...customs].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`));
    reasons.push(`it has custom operators: ${list.join(', ')}`);
  }
  if (variables > 0) reasons.push(`${variables} of its tensors keep their values between runs`);
  if (tops > 0) reasons.push('it looks for the largest of values whose number is open (TOPK_V2)');
  if (pixels > 0)
    reasons.push('it resizes a quantized image of one pixel, where LiteRT gives what its memory held');
  return reasons;
}

// Seen on 256 channels of uint8 that become 65×65: a fifth of them differ, and differently each time (2.5.3).
function isQuantizedPixel(tensor: TfliteTensor | undefined): boolean {
  const { shape = [], type } = tensor ?? {};
  return shape[1] === 1 && shape[2] === 1 && (type === 'uint8' || type === 'int8');
}
