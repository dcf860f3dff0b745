// What a `.keras` file holds: a zip with the architecture in config.json, the version in metadata.json and the weights
// in model.weights.h5, which is read where it lies in the archive.
// https://keras.io/guides/serialization_and_saving/#saving

import { openHdf5 } from '../../encoding/hdf5.ts';
import { openZip, type ZipFile } from '../../encoding/zip.ts';
import { errors } from '../../errors.ts';
import { type KerasFile, parseConfig } from './file.ts';
import { isRecord } from './json-shape.ts';
import { allVariables, readObjects } from './object-weights.ts';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';
const MOST_TEXT = 64 * 1024 * 1024;

/** Errors: MODEL_DAMAGED, ARCHIVE_UNSUPPORTED. */
export async function readArchive(path: string): Promise<KerasFile> {
  const zip = openZip(path);
  try {
    return await read(zip, path);
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function read(zip: ZipFile, path: string): Promise<KerasFile> {
  const config = parseConfig(await text(zip, CONFIG), path);
  const metadata = zip.names.includes(METADATA) ? parseConfig(await text(zip, METADATA), path) : {};
  const version = metadata.keras_version;
  if (!isRecord(config.config)) throw errors.MODEL_DAMAGED(path, `its ${CONFIG} has no config in it`);
  const weights = await openHdf5(path, await zip.open(WEIGHTS));
  try {
    const objects = readObjects(weights) ?? { variables: [], children: new Map() };
    return {
      path,
      container: 'archive',
      config,
      kerasVersion: typeof version === 'string' ? version : undefined,
      backend: undefined,
      hasOptimizer: weights.children('/').some((name) => name.startsWith('optimizer')),
      weights: allVariables(objects),
      objects,
      watch(told) {
        weights.onRead = told;
      },
      close() {
        weights.close();
        zip.close();
      },
    };
  } catch (error) {
    weights.close();
    throw error;
  }
}

async function text(zip: ZipFile, name: string): Promise<string> {
  const source = await zip.open(name, MOST_TEXT);
  const bytes = new Uint8Array(source.bytes);
  source.read(bytes, 0);
  return new TextDecoder().decode(bytes);
}
