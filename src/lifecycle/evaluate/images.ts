// Images as batches of tensors for a model, decoded as they are needed; the counterpart of prepare-inputs.ts for
// folders of images.

import { availableParallelism } from 'node:os';
import type { Column, ImageSet } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import { elementCount, type Tensor } from '../../graph/tensor.ts';
import type { TensorInfo } from '../../runtimes/session.ts';
import type { Prepared, PreparedInMemory, PrepareOptions } from '../prepare-inputs.ts';
import { type Feed, feedArray, type Slot } from './feed.ts';
import { fixedBatch } from './fit.ts';
import { type ImagePlan, planImages } from './image-plan.ts';
import { isFeedable } from './numbers.ts';
import { type Place, selectRows } from './rows.ts';
import { type Affine, affine, mergeScaling } from './scaling.ts';
import { signatureOf } from './sources.ts';
import { labelColumns } from './target.ts';

/** What the true values of images are called: the name of their folder. */
export const folderTarget = 'folder';

// Images decoded side by side: no more than there are processors, nor than Node.js has threads for it.
const SIDE_BY_SIDE = Math.min(4, availableParallelism());
// Decoded at once when the model takes fewer.
const AHEAD = 16;
const MOST_BATCH_BYTES = 64 * 2 ** 20;
const MOST_BYTES = 2 ** 31 - 1;

/** Errors: FEATURES_MISMATCH, TARGET_MISSING, ROWS_MISMATCH, LABEL_INVALID, DATA_EMPTY; when fed, those of decode. */
export function prepareImages(images: ImageSet, shown: string, options: PrepareOptions): Prepared {
  const about = describe(images, shown, options);
  const { rows, input, plan, slot, origin } = about;
  const perRow = slot.perRow;
  const fixed = fixedBatch(options.inputs);
  const batch = fixed ?? Math.max(1, Math.min(options.batch, Math.floor(MOST_BATCH_BYTES / (perRow * 5))));
  const most = batch * Math.ceil(Math.min(AHEAD, rows) / batch);
  const pixels = new Uint8Array(most * perRow);
  const feed = feedPixels(pixels, most, slot);
  let [held, end] = [0, 0];
  return {
    ...about.prepared,
    batch,
    isFixedBatch: fixed !== undefined,
    async feeds(start, count, size, signal) {
      if (start < held || start + count > end) {
        [held, end] = [start, Math.min(rows, start + most)];
        await decodeRows(images, range(held, end).map(origin), plan, pixels, signal);
      }
      return { [input.name]: feed(start - held, count, size) };
    },
  };
}

/** At most so many images, evenly from the first to the last, decoded now: for going through them more than once. */
export async function preloadImages(
  images: ImageSet,
  shown: string,
  options: PrepareOptions,
  samples: number,
  signal: AbortSignal,
): Promise<PreparedInMemory> {
  const { rows: all, input, plan, slot, origin, prepared } = describe(images, shown, options);
  const rows = Math.min(all, samples);
  if (rows * slot.perRow > MOST_BYTES) {
    throw errors.DATA_TOO_LARGE(shown, `${rows} images of ${slot.perRow} bytes; take fewer samples`);
  }
  const chosen = range(0, rows).map((at) =>
    origin(rows === 1 ? 0 : Math.round((at * (all - 1)) / (rows - 1))),
  );
  const pixels = new Uint8Array(rows * slot.perRow);
  await decodeRows(images, chosen, plan, pixels, signal);
  const feed = feedPixels(pixels, rows, slot);
  const fixed = fixedBatch(options.inputs);
  return {
    ...prepared,
    rows,
    batch: fixed ?? Math.max(1, Math.min(options.batch, Math.floor(MOST_BATCH_BYTES / (slot.perRow * 5)))),
    isFixedBatch: fixed !== undefined,
    feeds: (start, count, size) => ({ [input.name]: feed(start, count, size) }),
  };
}

function describe(images: ImageSet, shown: string, options: PrepareOptions) {
  const { inputs, signature, scaling } = options;
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw errors.FEATURES_MISMATCH(
      `the model has ${inputs.length} inputs, and ${shown} holds images for one`,
      'save the arrays of all inputs in one .npz file',
    );
  }
  if (options.assignments.length > 0) {
    throw errors.USAGE(`--features names columns, and ${shown} holds images`, 'leave it out');
  }
  if (!isFeedable(input.dtype)) {
    throw errors.FEATURES_MISMATCH(`input ${input.name} takes ${input.dtype}`, 'images are numbers');
  }
  const own = signatureOf(signature.inputs, input.name, true);
  const plan = planImages(input, own?.image);
  const perRow = elementCount(plan.dims);
  const factors = spread(affine(mergeScaling(own, scaling), input.name, perRow, plan.spec.channels), plan);
  const isStored = input.quantization?.stored === 'uint8' && factors === undefined;
  const slot: Slot = { dtype: isStored ? 'uint8' : input.dtype, dims: plan.dims, perRow, scaling: factors };
  checkRange(slot, input);
  const placeInFile: Place = (row) => images.names[row] ?? `image ${row}`;
  const target = targetOf(images, shown, options);
  const used = selectRows(
    { rows: images.names.length, sources: [], target },
    options.missing,
    options.limit,
    shown,
    placeInFile,
  );
  const origin = (row: number) => used.origin?.[row] ?? row;
  return {
    rows: used.rows,
    input,
    plan,
    slot,
    origin,
    prepared: {
      rows: used.rows,
      target: used.target,
      place: (row: number) => placeInFile(origin(row)),
      features: { [input.name]: ['image'] },
    },
  };
}

/** True values: from a file of their own, or the folder each image is in. Errors: TARGET_MISSING, ROWS_MISMATCH. */
function targetOf(
  { names, classes }: ImageSet,
  shown: string,
  { target }: PrepareOptions,
): readonly Column[] {
  if (target.labels) {
    const columns = labelColumns(target.labels, target.names);
    const rows = columns[0]?.values.length ?? 0;
    if (rows === names.length) return columns;
    throw errors.ROWS_MISMATCH(
      `${shown} has ${names.length} images and ${target.labels.shown} has ${rows} rows`,
      `one row per image, in the order of their paths: ${names.slice(0, 3).join(', ')}, …`,
    );
  }
  const [name = folderTarget] = target.names;
  if (name !== folderTarget) {
    throw errors.TARGET_MISSING(
      shown,
      `it holds images, which have no ${JSON.stringify(name)}`,
      'leave --target out: the class of an image is the name of its folder',
    );
  }
  if (classes) {
    const values = names.map((path) => path.slice(0, path.indexOf('/')));
    return [{ name: folderTarget, kind: 'text', values, levels: classes }];
  }
  if (!target.isRequired) return [];
  throw errors.TARGET_MISSING(
    shown,
    'nothing says which classes its images are of',
    'put the images of each class into a folder of its name, or name a file with one class per image: --labels FILE',
  );
}

/** Factors per channel, for every element where channels come first. */
function spread(scaling: Affine | undefined, { spec, isChannelsFirst }: ImagePlan): Affine | undefined {
  const { channels, height, width } = spec;
  if (!isChannelsFirst || scaling?.factors.length !== channels || channels === 1) return scaling;
  const area = height * width;
  const each = (values: Float64Array) =>
    Float64Array.from({ length: area * channels }, (_, at) => values[Math.floor(at / area)] as number);
  return { factors: each(scaling.factors), offsets: each(scaling.offsets) };
}

const byteRanges: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
};

/** Pixels would wrap around without a word. */
function checkRange({ dtype, scaling }: Slot, input: TensorInfo): void {
  const range = byteRanges[dtype];
  if (range === undefined) return;
  const { factors = [1], offsets = [0] } = scaling ?? {};
  const ends = Array.from(factors, (factor, at) => [
    offsets[at] ?? 0,
    255 * factor + (offsets[at] ?? 0),
  ]).flat();
  const outside = ends.find((value) => value < range[0] || value > range[1]);
  if (outside === undefined) return;
  throw errors.FEATURES_MISMATCH(
    `input ${input.name} takes ${dtype}, ${range.join(' … ')}, and pixels 0 … 255 would reach ${outside}`,
    dtype === 'int8' ? 'move them with --mean 128' : 'check --scale, --mean and --std',
  );
}

function feedPixels(pixels: Uint8Array, rows: number, slot: Slot): Feed {
  const array: Tensor = { dtype: 'uint8', dims: [rows, ...slot.dims], data: pixels };
  return feedArray(array, slot);
}

/** Decodes the images into `out`, one after the other in the order of `rows`. */
async function decodeRows(
  images: ImageSet,
  rows: readonly number[],
  plan: ImagePlan,
  out: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const perRow = elementCount(plan.dims);
  let next = 0;
  const failures: { readonly at: number; readonly cause: unknown }[] = [];
  const work = async () => {
    while (next < rows.length && failures.length === 0) {
      const at = next++;
      try {
        signal?.throwIfAborted();
        const pixels = await images.decode(rows[at] ?? 0, plan.spec);
        place(pixels, plan, out, at * perRow);
      } catch (cause) {
        failures.push({ at, cause });
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  // The first in order, so that the same file is named each time.
  const [first] = failures.sort((a, b) => a.at - b.at);
  if (first) throw first.cause;
}

function place(
  pixels: Uint8Array,
  { spec, isChannelsFirst }: ImagePlan,
  out: Uint8Array,
  start: number,
): void {
  const { channels } = spec;
  if (!isChannelsFirst || channels === 1) {
    out.set(pixels, start);
    return;
  }
  for (let channel = 0, to = start; channel < channels; channel++) {
    for (let from = channel; from < pixels.length; from += channels) out[to++] = pixels[from] ?? 0;
  }
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
