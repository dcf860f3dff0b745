// Activations fused into an operator. https://ai.google.dev/edge/litert (schema.fbs, ActivationFunctionType)

import type { DType } from '../../../graph/dtype.ts';
import type { Op, OperatorView } from './definition.ts';

const bounds: Readonly<Record<string, readonly [number, number]>> = {
  RELU: [0, Number.POSITIVE_INFINITY],
  RELU_N1_TO_1: [-1, 1],
  RELU6: [0, 6],
};

export function activationProblem(op: OperatorView): string | undefined {
  const word = op.word('fusedActivationFunction', 'NONE');
  return word === 'NONE' || word === 'TANH' || word in bounds ? undefined : `its fused activation is ${word}`;
}

/** Applies the fused activation of the operator to what becomes its output. */
export function activate(op: Op, value: string, dtype: DType = 'float32'): string {
  const word = op.word('fusedActivationFunction', 'NONE');
  if (word === 'NONE') return value;
  if (word === 'TANH') return op.emit('Tanh', [value], { suffix: 'tanh' });
  const [low, high] = bounds[word] ?? op.refuse(`its fused activation is ${word}`);
  return clip(op, value, low, high, dtype, word.toLowerCase());
}

export function clip(op: Op, value: string, low: number, high: number, dtype: DType, suffix = ''): string {
  if (low === 0 && high === Number.POSITIVE_INFINITY && dtype.startsWith('float')) {
    return op.emit('Relu', [value], { suffix });
  }
  const least = op.numbers(`${suffix}/min`, dtype, [low]);
  const most = Number.isFinite(high) ? [op.numbers(`${suffix}/max`, dtype, [high])] : [];
  return op.emit('Clip', [value, least, ...most], { suffix });
}
