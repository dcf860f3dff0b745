// Averages of a per-class figure: binary, micro, macro, weighted.
// https://scikit-learn.org/stable/modules/model_evaluation.html#from-binary-to-multiclass-and-multilabel

import { type ClassCounts, classCounts, isPresent, support } from './confusion.ts';
import {
  type AverageName,
  type Classified,
  classified,
  type Judged,
  type MetricOptions,
  type Warn,
} from './definition.ts';
import { sum } from './sum.ts';

/** NaN where the figure divides by zero. */
export type Ratio = (counts: ClassCounts) => number;

export const averageNames: readonly AverageName[] = ['binary', 'micro', 'macro', 'weighted'];

/** A division by zero counts as 0, with a warning that says `why` for the classes it happened to. */
export function averaged(ratio: Ratio, name: string, why: string) {
  return (judged: Judged, options: MetricOptions, warn: Warn): number => {
    const data = classified(judged);
    const average = options.average ?? defaultAverage(data);
    const counts = classCounts(data);
    const bad: string[] = [];
    const value = (of: ClassCounts, label: string): number => {
      const figure = ratio(of);
      if (!Number.isNaN(figure)) return figure;
      bad.push(label);
      return 0;
    };
    const result = combine(data, counts, average, value);
    if (bad.length > 0) warn(`${name} of ${list(bad)} counts as 0: ${why}`);
    return result;
  };
}

export function defaultAverage({ task }: Classified): AverageName {
  return task === 'binary' ? 'binary' : 'macro';
}

function combine(
  data: Classified,
  counts: readonly ClassCounts[],
  average: AverageName | number,
  value: (of: ClassCounts, label: string) => number,
): number {
  if (average === 'binary' || typeof average === 'number') {
    const index = average === 'binary' ? data.positive : average;
    return value(counts[index] as ClassCounts, data.labels[index] as string);
  }
  if (average === 'micro') return value(total(counts), 'all classes');
  const present = counts.map((of, index) => ({ of, index })).filter(({ of }) => isPresent(of));
  const values = present.map(({ of, index }) => value(of, data.labels[index] as string));
  if (average === 'macro') return sum(values) / values.length;
  const weights = present.map(({ of }) => support(of));
  return sum(values.map((figure, index) => figure * (weights[index] as number))) / sum(weights);
}

function total(counts: readonly ClassCounts[]): ClassCounts {
  return {
    truePositives: sum(counts.map((of) => of.truePositives)),
    falsePositives: sum(counts.map((of) => of.falsePositives)),
    falseNegatives: sum(counts.map((of) => of.falseNegatives)),
  };
}

function list(labels: readonly string[]): string {
  const shown = labels.slice(0, 5).join(', ');
  return labels.length > 5 ? `${shown} and ${labels.length - 5} more classes` : shown;
}
