// Puts true values and predictions together for the metrics, after checking that all of them are finite numbers.

import { errors } from '../errors.ts';
import { confusionMatrix } from './confusion.ts';
import type { Classified, Regressed, Scores } from './definition.ts';

const inputHint =
  'look for missing or unscaled input values in that row, and for NaN weights with mlctl inspect';

/** Errors: NOT_A_NUMBER with the first row. */
export function judgeNumbers(
  truth: Float64Array,
  predicted: Float64Array,
  rows: number,
  outputs: number,
): Regressed {
  checkFinite(truth, outputs, 'the true value', 'fill it in, or leave the row out with --missing drop');
  checkFinite(predicted, outputs, "the model's output", inputHint);
  return { task: 'regression', rows, outputs, truth, predicted };
}

export type Classes = {
  readonly task: 'binary' | 'multiclass';
  readonly labels: readonly string[];
  /** Every index is below `labels.length`. */
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
  readonly scores?: Scores | undefined;
  /** 1 unless said otherwise, as scikit-learn has it. */
  readonly positive?: number;
};

/** Errors: NOT_A_NUMBER with the first row whose scores are not finite. */
export function judgeClasses({ scores, positive = 1, ...classes }: Classes): Classified {
  const { labels, truth, predicted } = classes;
  if (scores) checkFinite(scores.values, labels.length, "the model's output", inputHint);
  const confusion = confusionMatrix(truth, predicted, labels.length);
  return { ...classes, scores, positive, rows: truth.length, confusion };
}

function checkFinite(values: Float64Array, perRow: number, what: string, hint: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw errors.NOT_A_NUMBER(what, Math.floor(at / perRow), hint);
}
