// Differences between true and predicted numbers, output by output.

import type { Judged } from './definition.ts';
import { sum, sumOf } from './sum.ts';

type Pair = (truth: number, predicted: number, output: number) => number;

/** Mean over the outputs of the mean over the rows of `of(truth - prediction)`. */
export function meanOver(judged: Judged, of: (difference: number) => number): number {
  return meanOf(outputMeans(judged, (truth, predicted) => of(truth - predicted)));
}

/** For every output, the mean over the rows of `of(truth, prediction)`. */
export function outputMeans(judged: Judged, of: Pair): number[] {
  const { outputs, at } = numbers(judged);
  return Array.from({ length: outputs }, (_, output) => {
    const total = sumOf(judged.rows, (row) => {
      const [truth, predicted] = at(row, output);
      return of(truth, predicted, output);
    });
    return total / judged.rows;
  });
}

export function meanOf(values: readonly number[]): number {
  return sum(values) / values.length;
}

type Numbers = {
  readonly outputs: number;
  readonly at: (row: number, output: number) => readonly [truth: number, predicted: number];
};

/** A classification as numbers: its scores against 1 for the true class and 0 for the others. */
export function numbers(judged: Judged): Numbers {
  if (judged.task === 'regression') {
    const { outputs, truth, predicted } = judged;
    return {
      outputs,
      at: (row, output) => [
        truth[row * outputs + output] as number,
        predicted[row * outputs + output] as number,
      ],
    };
  }
  const { labels, truth, scores } = judged;
  return {
    outputs: labels.length,
    at: (row, output) => [
      truth[row] === output ? 1 : 0,
      scores ? (scores.values[row * labels.length + output] as number) : Number.NaN,
    ],
  };
}
