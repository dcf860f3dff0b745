// Runs a step over the time axis: a Scan over values of the shape [time, batch, …], or the step alone where there is no
// time.

import { int } from '../../../../graph/attribute.ts';
import type { Op } from '../definition.ts';

/** One step: what comes in at this time and the state before it. Gives the state after it, the output first. */
export type Step = (op: Op, inputs: readonly string[], state: readonly string[]) => readonly string[];

/** `inputs` have time first, `states` are inputs of the operator; the result is the output of every step, time first. */
export function scan(
  op: Op,
  suffix: string,
  inputs: readonly string[],
  states: readonly number[],
  step: Step,
  isBackwards = false,
): string {
  const initial = states.map((index) => initialState(op, index));
  const value = (name: string) => ({ name, dtype: 'float32', shape: undefined }) as const;
  const graph = op.graph(
    suffix,
    [
      ...initial.map((_, index) => value(`state_${index}`)),
      ...inputs.map((_, index) => value(`input_${index}`)),
    ],
    (inner, values) => {
      const state = step(inner, values.slice(initial.length), values.slice(0, initial.length));
      const [output = ''] = state;
      return [...state, output].map((made) => ({ value: made, dtype: 'float32' as const }));
    },
  );
  const direction = int(inputs.map(() => (isBackwards ? 1 : 0)));
  const outputs = op.emitAll('Scan', [...initial, ...inputs], initial.length + 1, {
    suffix,
    attributes: {
      body: { type: 'graph', value: graph },
      num_scan_inputs: int(inputs.length),
      scan_input_directions: direction,
      scan_output_directions: int([isBackwards ? 1 : 0]),
    },
  });
  for (const [place, index] of states.entries()) op.keep(index, outputs[place] ?? '');
  return outputs[initial.length] ?? '';
}

/** What state a run begins with: what the file or the run before gives, otherwise zeros. */
export function initialState(op: Op, index: number): string {
  if (op.input(index).isVariable) noteReset(op);
  return op.real(index);
}

export function noteReset(op: Op): void {
  if (op.keepsState) return;
  op.note(
    'TFLITE_STATE_RESET',
    'the model keeps state from run to run; as a graph, every run starts from its initial state',
  );
}

/** With time first, from either order. */
export function timeFirst(op: Op, index: number, isTimeMajor: boolean): string {
  return isTimeMajor ? op.real(index) : op.arranged(index, [1, 0, 2]);
}
