// What a Keras file holds, whatever its container: the architecture as JSON and the weights. Here for HDF5, where
// weights are kept by layer; archive.ts reads `.keras`, pair.ts architecture and weights in two files. Optimizer state is never read.
// https://keras.io/guides/serialization_and_saving/ (the "whole-model saving to HDF5" legacy format)

import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { type Hdf5File, openHdf5 } from '../../encoding/hdf5.ts';
import { errors } from '../../errors.ts';
import type { DType } from '../../graph/dtype.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { ReadOptions } from '../definition.ts';
import { parsePythonJson } from './json.ts';
import type { WeightObject } from './object-weights.ts';
import { isArchitecture, isKerasZip, refuseOtherContent } from './refuse.ts';
import { storedWeight } from './stored-weight.ts';

/** Close it when done: weights are read from the open file. */
export type KerasFile = {
  readonly path: string;
  readonly container: 'hdf5' | 'archive' | 'pair';
  /** The parsed `model_config`: `{ class_name, config }`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** As the file says, `2.2.4-tf`; undefined in files that leave it out. */
  readonly kerasVersion: string | undefined;
  /** `tensorflow`, `theano` …; Keras 1 does not say. */
  readonly backend: string | undefined;
  readonly hasOptimizer: boolean;
  /** Per layer name, in the order Keras lists them. A nested model has one entry with the weights of all its layers. */
  readonly weights: ReadonlyMap<string, readonly KerasWeight[]>;
  /** Set where Keras keeps weights by object; `weights` then lists them by group. */
  readonly objects?: WeightObject;
  /** `told` gets the bytes of every part of a weight once it is read. */
  watch(told: (bytes: number) => void): void;
  close(): void;
};

export type KerasWeight = {
  /** As the file spells it: `dense/kernel:0`, `dense_1_W`. */
  readonly name: string;
  readonly dims: readonly number[];
  readonly dtype: DType;
  /** Reads the values; nothing is kept, so ask once. */
  tensor(): Tensor;
};

/**
 * Errors: FILE_NOT_FOUND, FORMAT_UNKNOWN, NOT_A_MODEL, WEIGHTS_ONLY, WEIGHTS_NOT_GIVEN, ARCHIVE_UNSUPPORTED,
 * MODEL_DAMAGED, USAGE when weights are given for a file that has its own.
 */
export async function readKerasFile(
  path: string,
  context: Context,
  options: ReadOptions = {},
): Promise<KerasFile> {
  const full = resolve(context.cwd, path);
  const head = await readHead(full);
  if (isArchitecture(head)) return (await import('./pair.ts')).readPair(full, options.weights);
  if (options.weights !== undefined) {
    throw errors.USAGE(
      `${path} is no architecture in JSON, which is what --weights is for`,
      'leave --weights out: a .keras or .h5 model has its weights inside',
    );
  }
  if (isKerasZip(head)) return (await import('./archive.ts')).readArchive(full);
  refuseOtherContent(full, head);
  const file = await openHdf5(full);
  try {
    return describe(file, full);
  } catch (error) {
    file.close();
    throw error;
  }
}

function describe(file: Hdf5File, path: string): KerasFile {
  const group = file.kind('/model_weights') === 'group' ? '/model_weights' : '/';
  const weights = readLayerWeights(file, group);
  const text = single(file, '/', 'model_config');
  if (text === undefined) {
    if (weights !== undefined) throw errors.WEIGHTS_ONLY(path, [...weights.keys()]);
    if (file.kind('/layers') === 'group' || file.kind('/_layer_checkpoint_dependencies') === 'group') {
      throw errors.WEIGHTS_ONLY(path, []);
    }
    throw errors.NOT_A_MODEL(path, file.children('/'));
  }
  return {
    path,
    container: 'hdf5',
    config: parseConfig(text, path),
    kerasVersion: single(file, '/', 'keras_version') ?? single(file, group, 'keras_version'),
    backend: single(file, '/', 'backend') ?? single(file, group, 'backend'),
    hasOptimizer: file.kind('/optimizer_weights') === 'group',
    weights: weights ?? new Map(),
    watch(told) {
      file.onRead = told;
    },
    close: () => file.close(),
  };
}

/** undefined when no layers are listed in the group. */
export function readLayerWeights(
  file: Hdf5File,
  group: string,
): ReadonlyMap<string, readonly KerasWeight[]> | undefined {
  const layers = chunked(file, group, 'layer_names');
  const place = group === '/' ? '' : group;
  return layers && new Map(layers.map((layer) => [layer, layerWeights(file, `${place}/${layer}`)]));
}

function layerWeights(file: Hdf5File, group: string): KerasWeight[] {
  if (file.kind(group) !== 'group') throw errors.MODEL_DAMAGED(file.path, `the weights ${group} are missing`);
  return (chunked(file, group, 'weight_names') ?? []).map((name) => {
    return storedWeight(file, name, `${group}/${name}`);
  });
}

export function parseConfig(text: string, path: string): Readonly<Record<string, unknown>> {
  let config: unknown;
  try {
    config = parsePythonJson(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw errors.MODEL_DAMAGED(path, `its architecture is not JSON: ${problem}`, undefined, cause);
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) {
    return config as Record<string, unknown>;
  }
  throw errors.MODEL_DAMAGED(path, 'its architecture is not an object with class_name and config');
}

/** A text attribute. */
export function single(file: Hdf5File, group: string, name: string): string | undefined {
  const found = file.attribute(group, name);
  return found?.type === 'strings' ? found.values[0] : undefined;
}

/**
 * A list of names. HDF5 keeps at most 64 KiB in one attribute, so Keras cuts long lists into `layer_names0`,
 * `layer_names1` … An empty list is stored as numbers.
 */
function chunked(file: Hdf5File, group: string, name: string): readonly string[] | undefined {
  const whole = file.attribute(group, name);
  if (whole !== undefined) return whole.type === 'strings' ? whole.values : [];
  const names: string[] = [];
  for (let part = 0; ; part++) {
    const found = file.attribute(group, `${name}${part}`);
    if (found === undefined) return part === 0 ? undefined : names;
    if (found.type === 'strings') names.push(...found.values);
  }
}

const HEAD_BYTES = 64 * 1024;

async function readHead(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r');
    try {
      const head = new Uint8Array(HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? errors.FILE_NOT_FOUND(path) : errors.FILE_UNREADABLE(path, cause);
  }
}
