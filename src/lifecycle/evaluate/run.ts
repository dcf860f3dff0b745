// Feeds a model all rows, batch by batch, and measures how fast.

import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { DType } from '../../graph/dtype.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';
import { didYouMean } from '../../nearest.ts';
import type { Session, TensorInfo } from '../../runtimes/session.ts';
import type { Prepared } from '../prepare-inputs.ts';
import { copyNumbers } from './numbers.ts';

/** One output of the model for all rows. */
export type Predictions =
  | {
      readonly kind: 'numbers';
      readonly name: string;
      readonly dtype: DType;
      /** Axes of one row. */
      readonly dims: readonly number[];
      readonly perRow: number;
      /** rows × perRow, row-major. */
      readonly values: Float64Array;
    }
  | { readonly kind: 'text'; readonly name: string; readonly values: readonly string[] };

export type Run = { readonly predictions: readonly Predictions[]; readonly seconds: number };

// 2 GiB of float64.
const maxElements = 2 ** 28;

/** Errors: what the session throws; OUTPUT_UNCLEAR for an output without a row axis; INTERRUPTED. */
export async function runRows(
  session: Session,
  prepared: Prepared,
  outputs: readonly string[],
  context: Context,
): Promise<Run> {
  const { rows, batch, isFixedBatch } = prepared;
  const collectors = outputs.map((name) => collector(name, rows));
  const step = context.progress.step(
    `Running ${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`,
  );
  const started = performance.now();
  try {
    for (let start = 0; start < rows; start += batch) {
      context.signal.throwIfAborted();
      const count = Math.min(batch, rows - start);
      const size = isFixedBatch ? batch : count;
      const feeds = await prepared.feeds(start, count, size, context.signal);
      const results = await session.run(feeds, outputs);
      for (const collect of collectors) collect.take(results[collect.name], start, count, size);
      step.update(start + count, rows);
    }
  } finally {
    step.end();
  }
  const seconds = (performance.now() - started) / 1000;
  return { predictions: collectors.map((collect) => collect.done()), seconds };
}

type Collector = {
  readonly name: string;
  take(tensor: Tensor | undefined, start: number, count: number, size: number): void;
  done(): Predictions;
};

function collector(name: string, rows: number): Collector {
  const texts: string[] = [];
  let numbers: Extract<Predictions, { kind: 'numbers' }> | undefined;
  const begin = (tensor: Tensor) => {
    const dims = tensor.dims.slice(1);
    const perRow = elementCount(dims);
    if (rows * perRow > maxElements) {
      throw errors.DATA_TOO_LARGE(
        `output ${name}`,
        `${rows} rows of ${perRow} numbers; --limit takes fewer rows`,
      );
    }
    const values = new Float64Array(rows * perRow);
    return { kind: 'numbers', name, dtype: tensor.dtype, dims, perRow, values } as const;
  };
  return {
    name,
    take(tensor, start, count, size) {
      if (tensor === undefined || tensor.dims[0] !== size) {
        throw errors.OUTPUT_UNCLEAR(
          `output ${name} has the shape [${tensor?.dims.join(', ') ?? ''}] for ${size} rows`,
          'its first axis must be the row; choose another with --only',
        );
      }
      if (tensor.dtype === 'string') {
        if (elementCount(tensor.dims) !== size) {
          throw errors.OUTPUT_UNCLEAR(
            `output ${name} has several texts per row`,
            'choose another with --only',
          );
        }
        texts.push(...(tensor.data as readonly string[]).slice(0, count));
        return;
      }
      numbers ??= begin(tensor);
      if (elementCount(tensor.dims) !== size * numbers.perRow) {
        throw errors.OUTPUT_UNCLEAR(
          `output ${name} changes its shape from batch to batch`,
          'choose another with --only',
        );
      }
      copyNumbers(tensor, 0, count * numbers.perRow, numbers.values, start * numbers.perRow);
    },
    done: () => numbers ?? { kind: 'text', name, values: texts },
  };
}

/**
 * The output to judge: the one asked for, the only one, the one a hint (signature, target) names, or the scores of
 * a classifier that also gives its choice. Errors: OUTPUT_UNCLEAR listing the outputs.
 */
export function chooseOutput(
  outputs: readonly TensorInfo[],
  wanted: string | undefined,
  hints: readonly string[],
): TensorInfo {
  const names = outputs.map(({ name }) => name);
  if (wanted !== undefined) {
    const found = outputs.find(({ name }) => name === wanted);
    if (found) return found;
    throw errors.OUTPUT_UNCLEAR(
      `the model has no output ${JSON.stringify(wanted)}`,
      didYouMean(wanted, names),
    );
  }
  const [only] = outputs;
  if (outputs.length === 1 && only) return only;
  const hinted = outputs.filter(({ name }) => hints.includes(name));
  if (hinted.length === 1 && hinted[0]) return hinted[0];
  const scores = outputs.filter(({ dtype, shape }) => dtype.startsWith('float') && shape?.length === 2);
  const choices = outputs.filter(({ dtype, shape }) => !dtype.startsWith('float') && shape?.length === 1);
  if (outputs.length === 2 && scores.length === 1 && choices.length === 1 && scores[0]) return scores[0];
  throw errors.OUTPUT_UNCLEAR(
    `the model has ${outputs.length} outputs`,
    `choose one with --only: ${names.join(', ')}`,
  );
}
