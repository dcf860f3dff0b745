// Counts of true against predicted classes, and what the metrics read off them.

import type { Classified } from './definition.ts';

/** counts[truth * classes + predicted]. */
export function confusionMatrix(truth: Int32Array, predicted: Int32Array, classes: number): Float64Array {
  const counts = new Float64Array(classes * classes);
  for (let row = 0; row < truth.length; row++) {
    const cell = (truth[row] as number) * classes + (predicted[row] as number);
    counts[cell] = (counts[cell] as number) + 1;
  }
  return counts;
}

export type ClassCounts = {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
};

/** One entry per class. */
export function classCounts({ confusion, labels }: Classified): ClassCounts[] {
  const n = labels.length;
  const rowSums = new Float64Array(n);
  const columnSums = new Float64Array(n);
  for (let truth = 0; truth < n; truth++) {
    for (let predicted = 0; predicted < n; predicted++) {
      const count = confusion[truth * n + predicted] as number;
      rowSums[truth] = (rowSums[truth] as number) + count;
      columnSums[predicted] = (columnSums[predicted] as number) + count;
    }
  }
  return labels.map((_, index) => {
    const hits = confusion[index * n + index] as number;
    return {
      truePositives: hits,
      falsePositives: (columnSums[index] as number) - hits,
      falseNegatives: (rowSums[index] as number) - hits,
    };
  });
}

/** Rows whose true class this is. */
export function support({ truePositives, falseNegatives }: ClassCounts): number {
  return truePositives + falseNegatives;
}

/** Whether the class is in the data or among the predictions; averages leave the others out, as scikit-learn does. */
export function isPresent(counts: ClassCounts): boolean {
  return counts.truePositives + counts.falsePositives + counts.falseNegatives > 0;
}
