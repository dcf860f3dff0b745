// An architecture saved as JSON (`model.to_json()`) with the weights in an HDF5 file of their own (`save_weights`).
// https://keras.io/guides/serialization_and_saving/#apis (to_json, save_weights)

import { readFile, stat } from 'node:fs/promises';
import { type Hdf5File, openHdf5 } from '../../encoding/hdf5.ts';
import { errors } from '../../errors.ts';
import { type KerasFile, parseConfig, readLayerWeights, single } from './file.ts';
import { allVariables, readObjects } from './object-weights.ts';

const MOST_TEXT = 256 * 1024 * 1024;

/** Both paths are absolute. Errors: WEIGHTS_NOT_GIVEN, FILE_NOT_FOUND, NOT_A_MODEL, MODEL_DAMAGED. */
export async function readPair(path: string, weights: string | undefined): Promise<KerasFile> {
  if (weights === undefined) throw errors.WEIGHTS_NOT_GIVEN(path);
  const { size } = await stat(path);
  if (size > MOST_TEXT) throw errors.MODEL_DAMAGED(path, `an architecture of ${size} bytes is not one`);
  const config = parseConfig(await readFile(path, 'utf8'), path);
  const file = await openHdf5(weights);
  try {
    return describe(file, path, config);
  } catch (error) {
    file.close();
    throw error;
  }
}

function describe(file: Hdf5File, path: string, config: KerasFile['config']): KerasFile {
  const group = file.kind('/model_weights') === 'group' ? '/model_weights' : '/';
  const stated = (key: string) => {
    const value = config[key];
    return typeof value === 'string' ? value : single(file, group, key);
  };
  const byLayer = readLayerWeights(file, group);
  const objects = byLayer === undefined ? readObjects(file) : undefined;
  if (byLayer === undefined && objects === undefined) throw errors.NO_WEIGHTS(file.path, file.children('/'));
  return {
    path,
    container: 'pair',
    config,
    kerasVersion: stated('keras_version'),
    backend: stated('backend'),
    hasOptimizer: false,
    weights: byLayer ?? (objects === undefined ? new Map() : allVariables(objects)),
    ...(objects === undefined ? {} : { objects }),
    watch(told) {
      file.onRead = told;
    },
    close: () => file.close(),
  };
}
