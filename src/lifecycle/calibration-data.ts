// A data file as the feeds a model is calibrated on: read, prepared and bounded as for evaluate and predict.

import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { ImageSet } from '../datasets/definition.ts';
import { errors } from '../errors.ts';
import type { Model } from '../graph/model.ts';
import { emptySignature, type Signature } from '../graph/signature.ts';
import type { Feeds, TensorInfo } from '../runtimes/session.ts';
import { namesIn } from './evaluate/columns.ts';
import { preloadImages } from './evaluate/images.ts';
import type { Scaling } from './evaluate/scaling.ts';
import { type PreparedInMemory, type PrepareOptions, prepareInMemory } from './prepare-inputs.ts';

export type CalibrationOptions = {
  /** Data file, relative to the current folder. */
  readonly data: string;
  /** Most rows to take; the file is sampled evenly from its first to its last row. */
  readonly samples?: number;
  /** What columns mean, from the manifest. */
  readonly signature?: Signature;
  /** Column or array that is the true value, if the file has it. */
  readonly target?: string;
  readonly batch?: number;
  /** `--features` as given. */
  readonly features?: readonly string[];
  /** As for evaluate; wins over the signature. */
  readonly scaling?: Scaling;
};

export type CalibrationData = {
  /** Batches, made anew each time they are gone through; each is valid until the next. */
  readonly feeds: Iterable<Feeds>;
  readonly rows: number;
  /** As the user wrote it. */
  readonly shown: string;
  /** sha256 of the file, hex. */
  readonly digest: string;
};

const DEFAULT_SAMPLES = 512;
const DEFAULT_BATCH = 16;

/** Errors: those of readDataset and prepareInputs. */
export async function readCalibration(
  model: Model,
  options: CalibrationOptions,
  context: Context,
): Promise<CalibrationData> {
  const [{ readDataset }, { digestOfData }] = await Promise.all([
    import('../datasets/read.ts'),
    import('./evaluate/data-digest.ts'),
  ]);
  const { data: shown, signature = emptySignature } = options;
  const step = context.progress.step(`Reading ${shown}`);
  const dataset = await readDataset(shown, context).finally(() => step.end());
  const known = namesIn(dataset);
  const most = options.samples ?? DEFAULT_SAMPLES;
  const how: PrepareOptions = {
    inputs: inputsOf(model),
    signature,
    scaling: options.scaling ?? {},
    assignments: options.features ?? [],
    target: {
      names: options.target !== undefined && known.includes(options.target) ? [options.target] : [],
      hints: [...Object.keys(signature.outputs), ...model.graph.outputs],
      isRequired: false,
    },
    missing: 'error',
    limit: undefined,
    batch: options.batch ?? DEFAULT_BATCH,
  };
  const prepared =
    dataset.kind === 'images'
      ? await preload(dataset.images, shown, how, most, context)
      : prepareInMemory(dataset, shown, how);
  const { rows: all, batch } = prepared;
  const rows = Math.min(all, most);
  if (rows === 0) throw errors.DATA_EMPTY(shown, 'it has no rows');
  return {
    feeds: { [Symbol.iterator]: () => batches() },
    rows,
    shown,
    digest: await digestOfData(dataset, resolve(context.cwd, shown)),
  };

  function* batches(): Generator<Feeds> {
    // Files are often sorted by class: their head is not like the rest.
    const runs = Math.ceil(rows / batch);
    for (let run = 0; run < runs; run++) {
      const count = Math.min(batch, rows - run * batch);
      const isAll = runs === 1 || rows === all;
      const start = isAll ? run * batch : Math.round((run * (all - count)) / (runs - 1));
      yield prepared.feeds(start, count, prepared.isFixedBatch ? batch : count);
    }
  }
}

/** Calibration goes through its rows again and again: images are decoded once. */
async function preload(
  images: ImageSet,
  shown: string,
  how: PrepareOptions,
  most: number,
  context: Context,
): Promise<PreparedInMemory> {
  const step = context.progress.step(`Decoding ${shown}`);
  return preloadImages(images, shown, how, most, context.signal).finally(() => step.end());
}

/** Errors: FEATURES_MISMATCH for an input that is not a tensor. */
function inputsOf({ graph }: Model): TensorInfo[] {
  return graph.inputs.map((name) => {
    const type = graph.types.get(name);
    if (type?.kind === 'tensor') return { name, dtype: type.dtype, shape: type.shape };
    throw errors.FEATURES_MISMATCH(`input ${name} is not a tensor`, 'mlctl feeds tensors only');
  });
}
