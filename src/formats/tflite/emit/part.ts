// A subgraph whose operators are there, while some take others into themselves.

import type { OpenOperator, OpenTensor } from './emission.ts';

export type Part = {
  readonly tensors: OpenTensor[];
  operators: OpenOperator[];
  readonly outputs: readonly number[];
};

/** The operator that makes each tensor. */
export function makersOf({ operators }: Part): Map<number, OpenOperator> {
  return new Map(
    operators.flatMap((operator) => operator.outputs.map((output) => [output, operator] as const)),
  );
}

/** The operators that read each tensor; one that reads it twice is listed twice. */
export function readersOf({ operators }: Part): Map<number, OpenOperator[]> {
  const readers = new Map<number, OpenOperator[]>();
  for (const operator of operators) {
    for (const input of operator.inputs) {
      const known = readers.get(input);
      if (known) known.push(operator);
      else readers.set(input, [operator]);
    }
  }
  return readers;
}
