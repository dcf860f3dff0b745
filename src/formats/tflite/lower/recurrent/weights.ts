// Weights of recurrent operators as the numbers they stand for: gates are joined into one matrix when the file is read.

import { permute } from '../../../../graph/rearrange.ts';
import { elementCount, float32, type Tensor } from '../../../../graph/tensor.ts';
import type { Op, OperatorView } from '../definition.ts';
import { dequantized } from '../quantization.ts';

/** Why the weights among these inputs cannot be read; undefined when they can. */
export function weightsProblem(op: OperatorView, indices: readonly number[]): string | undefined {
  for (const index of indices) {
    if (!op.hasInput(index)) continue;
    if (op.input(index).quantization?.blockwise !== undefined) return 'its weights are quantized in blocks';
  }
  return undefined;
}

/** A constant input; undefined when it is left out. */
export function weight(op: Op, index: number): Tensor | undefined {
  if (!op.hasInput(index)) return undefined;
  const { tensor, quantization } = op.slotOf(index);
  if (tensor === undefined) return op.refuse(`its weight ${op.input(index).name} is computed`);
  if (quantization !== undefined) return dequantized(tensor, quantization);
  return tensor.dtype === 'float32'
    ? tensor
    : op.refuse(`its weight ${op.input(index).name} is ${tensor.dtype}`);
}

export function needed(op: Op, index: number): Tensor {
  return weight(op, index) ?? op.fail(`it has no weight ${index}`);
}

/** Matrices of the same width one below the other, vectors one behind the other. */
export function stack(op: Op, parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  const tail = first?.dims.slice(1) ?? [];
  for (const part of parts) if (`${part.dims.slice(1)}` !== `${tail}`) op.fail('its gates differ in width');
  const data = new Float32Array(parts.reduce((sum, { dims }) => sum + elementCount(dims), 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  return float32([parts.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0), ...tail], data);
}

export function turned(tensor: Tensor): Tensor {
  return permute(tensor, [1, 0]);
}

export function zeros(count: number): Tensor {
  return float32([count], new Float32Array(count));
}
