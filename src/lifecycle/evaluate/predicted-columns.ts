// One output of a model as columns: the label where classes have names, and every number.

import { errors } from '../../errors.ts';
import { dtypes } from '../../graph/dtype.ts';
import type { Predictions } from './run.ts';

export type PredictedColumn = { readonly name: string; readonly at: (row: number) => string | number };

export type ColumnOptions = {
  readonly labels: readonly string[] | undefined;
  readonly threshold: number;
  /** The output's name need not be in front of its columns. */
  readonly isOnly: boolean;
};

// More columns than this are an array, not a table.
const maxColumns = 100_000;

/** Errors: LABEL_INVALID when the names do not fit the output, OUTPUT_UNCLEAR for too many numbers per row. */
export function predictedColumns(predictions: Predictions, options: ColumnOptions): PredictedColumn[] {
  const { name } = predictions;
  if (predictions.kind === 'text') return [{ name, at: (row) => predictions.values[row] ?? '' }];
  const { perRow, values, dtype } = predictions;
  if (perRow > maxColumns) {
    throw errors.OUTPUT_UNCLEAR(
      `output ${name} has ${perRow} numbers per row`,
      'write an .npy file: -o out.npy',
    );
  }
  // A float32 is written with the digits it has, not with those of the float64 it was widened to.
  const plain = dtypes[dtype].array === Float32Array ? shortest : (value: number) => value;
  const number = (index: number) => (row: number) => plain(values[row * perRow + index] as number);
  const { labels } = options;
  if (labels === undefined) {
    return Array.from({ length: perRow }, (_, index) => ({
      name: perRow === 1 ? name : `${name}_${index}`,
      at: number(index),
    }));
  }
  const prefix = options.isOnly ? '' : `${name}_`;
  const label = (index: number) => labels[index] ?? String(index);
  if (perRow === 1 && /int|bool/.test(dtype)) {
    return [{ name: `${prefix}label`, at: (row) => label(values[row] as number) }];
  }
  if (labels.length !== Math.max(2, perRow)) {
    throw errors.LABEL_INVALID(
      `${labels.length} class names were given, and output ${name} has ${Math.max(2, perRow)} classes`,
      'give one name per class, in index order',
    );
  }
  if (perRow === 1) {
    const chosen = (row: number) => ((values[row] as number) > options.threshold ? 1 : 0);
    return [
      { name: `${prefix}label`, at: (row) => label(chosen(row)) },
      { name: `${prefix}score_${label(1)}`, at: number(0) },
    ];
  }
  return [
    { name: `${prefix}label`, at: (row) => label(highest(values, row * perRow, perRow)) },
    ...labels.map((text, index) => ({ name: `${prefix}score_${text}`, at: number(index) })),
  ];
}

function highest(values: Float64Array, start: number, count: number): number {
  let best = 0;
  for (let index = 1; index < count; index++) {
    if ((values[start + index] as number) > (values[start + best] as number)) best = index;
  }
  return best;
}

/** The fewest digits that read back as the same float32. */
function shortest(value: number): number {
  for (let digits = 7; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}
