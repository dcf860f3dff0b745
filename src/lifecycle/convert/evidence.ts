// What the numbers of an artifact are chosen and judged by: made-up inputs, or rows of real data.

import type { Context } from '../../context.ts';
import type { Model } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Feeds } from '../../runtimes/session.ts';
import { type CalibrationData, readCalibration } from '../calibration-data.ts';
import type { Evidence } from './precision.ts';
import type { Reduction } from './reduction.ts';
import { type Reference, runReference } from './verify.ts';

/** Rows of real data to compare on: enough for a share of agreeing answers, few enough to keep in memory. */
const MOST_COMPARED = 256;
const MOST_BYTES = 64 * 2 ** 20;

/** What a calibration file was, for the report. */
export type Calibrated = Pick<CalibrationData, 'shown' | 'rows' | 'digest'>;

export type Gathered = Evidence & { readonly calibrated?: Calibrated };

/** `seeded` is what the model answers on made-up inputs; not made when there is data. */
export async function gatherEvidence(
  model: Model,
  { calibration, samples, signature, target, features, scaling }: Reduction,
  seeded: () => Promise<Reference>,
  context: Context,
): Promise<Gathered> {
  if (calibration === undefined) {
    const reference = await seeded();
    return { reference, feeds: reference.feeds };
  }
  const options = {
    data: calibration,
    ...(samples === undefined ? {} : { samples }),
    ...(signature === undefined ? {} : { signature }),
    ...(target === undefined ? {} : { target }),
    ...(features === undefined ? {} : { features }),
    scaling,
  };
  const data = await readCalibration(model, options, context);
  const step = context.progress.step('Running the model as read');
  const reference = await runReference(model, { feeds: firstOf(data.feeds) }, context);
  step.end();
  const { shown, rows, digest } = data;
  return { reference, feeds: data.feeds, calibrated: { shown, rows, digest } };
}

/** Copies: a batch is valid only until the next. */
function firstOf(batches: Iterable<Feeds>): Feeds[] {
  const kept: Feeds[] = [];
  let rows = 0;
  let bytes = 0;
  for (const batch of batches) {
    const copy = Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, copied(tensor)]));
    kept.push(copy);
    const tensors = Object.values(copy);
    rows += tensors[0]?.dims[0] ?? 1;
    for (const { data } of tensors) bytes += 'byteLength' in data ? data.byteLength : 0;
    if (rows >= MOST_COMPARED || bytes >= MOST_BYTES) break;
  }
  return kept;
}

function copied(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.slice() };
}
