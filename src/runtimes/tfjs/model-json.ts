// Opens a tfjs model folder: model.json beside its weight files. Nothing outside the folder is read, and the sizes
// the file claims are checked against what is there before tfjs sees them.
// https://www.tensorflow.org/js/guide/save_load (format), tfjs-core io/types (fields)

import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type * as Converter from '@tensorflow/tfjs-converter';
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { errors, MlctlError, reason } from '../../errors.ts';
import type { DType } from '../../graph/dtype.ts';
import type { TensorInfo } from '../session.ts';
import { normalize } from './keras/architecture.ts';
import { layersModel } from './keras.ts';
import { NAME, type Tfjs, words } from './library.ts';
import type { Loaded } from './session.ts';
import { allowWeights } from './weight-budget.ts';
import { checkSpecs } from './weight-specs.ts';

const LARGEST_JSON = 256 * 1024 * 1024;

/** `path` is the folder or its model.json. Errors: FILE_NOT_FOUND, MODEL_DAMAGED, EXTERNAL_DATA_*, RUNTIME_FAILED. */
export async function openModelJson(tfjs: Tfjs, path: string): Promise<Loaded> {
  const file = await findModelJson(path);
  const json = await readJson(file);
  const topology = json.modelTopology;
  if (typeof topology !== 'object' || topology === null) {
    throw errors.MODEL_DAMAGED(file, 'it has no modelTopology');
  }
  const { weightSpecs, weightData } = await readWeights(file, json.weightsManifest);
  const artifacts = {
    modelTopology: topology,
    weightSpecs,
    weightData,
    ...(json.signature ? { signature: json.signature } : {}),
    ...(json.userDefinedMetadata ? { userDefinedMetadata: json.userDefinedMetadata } : {}),
    ...(json.modelInitializer ? { modelInitializer: json.modelInitializer } : {}),
    ...(json.initializerSignature ? { initializerSignature: json.initializerSignature } : {}),
  } as Core.io.ModelArtifacts;
  const handler = { load: async () => artifacts };
  try {
    // Early files have no "format": a graph has nodes, a layers model has a class or a model_config.
    if (json.format === 'graph-model' || 'node' in topology) {
      return graphModel(await tfjs.converter.loadGraphModel(handler), topology);
    }
    return layersModel(await buildLayers(tfjs, topology as Dict, weightSpecs, weightData));
  } catch (cause) {
    if (cause instanceof MlctlError) throw cause;
    throw errors.RUNTIME_FAILED(NAME, `it cannot build ${path}: ${words(cause)}`, cause);
  }
}

type Dict = Readonly<Record<string, unknown>>;

/** A layers model is a Keras architecture with weights by name. */
async function buildLayers(
  { core, layers }: Tfjs,
  topology: Dict,
  specs: Core.io.WeightsManifestEntry[],
  data: ArrayBuffer,
): Promise<Layers.LayersModel> {
  const keras = (topology.model_config ?? topology) as Dict;
  // tfjs itself writes its own version here; it follows Keras 2.
  const major = Number.parseInt(String(topology.keras_version ?? ''), 10) || 2;
  const modelTopology = normalize(keras, major);
  const weights = core.io.decodeWeights(data, specs);
  try {
    allowWeights(Object.values(weights).reduce((sum, { size }) => sum + size, 0));
    const model = await layers.loadLayersModel({ load: async () => ({ modelTopology }) });
    model.loadWeights(weights);
    return model;
  } finally {
    core.dispose(weights);
  }
}

async function findModelJson(path: string): Promise<string> {
  const full = resolve(path);
  const info = await stat(full).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT' ? errors.FILE_NOT_FOUND(path) : errors.FILE_UNREADABLE(path, cause);
  });
  return info.isDirectory() ? join(full, 'model.json') : full;
}

async function readJson(file: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > LARGEST_JSON)
      throw errors.MODEL_DAMAGED(file, `a model.json of ${size} bytes is not plausible`);
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof MlctlError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw errors.FILE_NOT_FOUND(file);
    throw errors.FILE_UNREADABLE(file, cause);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw errors.MODEL_DAMAGED(file, `it is not JSON: ${words(cause)}`, undefined, cause);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>;
  throw errors.MODEL_DAMAGED(file, 'it is not a JSON object');
}

type Weights = { weightSpecs: Core.io.WeightsManifestEntry[]; weightData: ArrayBuffer };

async function readWeights(file: string, manifest: unknown): Promise<Weights> {
  if (manifest === undefined) return { weightSpecs: [], weightData: new ArrayBuffer(0) };
  if (!Array.isArray(manifest)) throw errors.MODEL_DAMAGED(file, 'its weightsManifest is not a list');
  const weightSpecs: Core.io.WeightsManifestEntry[] = [];
  const parts: Uint8Array[] = [];
  for (const group of manifest as unknown[]) {
    const { paths, weights } = (group ?? {}) as { paths?: unknown; weights?: unknown };
    if (!Array.isArray(paths) || !Array.isArray(weights)) {
      throw errors.MODEL_DAMAGED(file, 'a group of its weightsManifest lacks paths or weights');
    }
    let bytes = 0;
    for (const shard of paths) {
      const part = await readShard(file, shard);
      bytes += part.length;
      parts.push(part);
    }
    weightSpecs.push(...checkSpecs(file, weights, bytes));
  }
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const weightData = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    weightData.set(part, at);
    at += part.length;
  }
  return { weightSpecs, weightData: weightData.buffer };
}

async function readShard(file: string, shard: unknown): Promise<Uint8Array> {
  if (typeof shard !== 'string') throw errors.MODEL_DAMAGED(file, 'a path of its weightsManifest is no text');
  const folder = await realpath(dirname(file));
  const path = resolve(folder, shard);
  const isInside = (place: string) => {
    const way = relative(folder, place);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === place;
  };
  if (!isInside(path)) throw errors.EXTERNAL_DATA_OUTSIDE(basename(file), shard, 'leads out of it');
  try {
    // A link inside the folder may still point out of it.
    if (!isInside(await realpath(path))) {
      throw errors.EXTERNAL_DATA_OUTSIDE(basename(file), shard, 'is a link that leads out of it');
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof MlctlError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw errors.EXTERNAL_DATA_MISSING(file, shard);
    throw errors.MODEL_DAMAGED(file, `${shard} cannot be read: ${reason(cause)}`, undefined, cause);
  }
}

function graphModel(model: Converter.GraphModel, topology: object): Loaded {
  const inputs = model.inputs.map(describe);
  const outputs = model.outputs.map((output) =>
    describe({ ...output, dtype: output.dtype ?? nodeDtype(topology, output.name) }),
  );
  const names = model.outputs.map((output) => output.name);
  let isAsync = false;
  return {
    inputs,
    outputs,
    compute(tensors) {
      const feeds: Core.NamedTensorMap = {};
      for (const [at, input] of model.inputs.entries()) feeds[input.name] = tensors[at] as Core.Tensor;
      const list = (made: Core.Tensor | Core.Tensor[]) => (Array.isArray(made) ? made : [made]);
      if (!isAsync) {
        try {
          return list(model.execute(feeds, names));
        } catch (cause) {
          // Control flow and outputs whose shape depends on values need the asynchronous executor.
          if (!words(cause).includes('executeAsync')) throw cause;
          isAsync = true;
        }
      }
      return model.executeAsync(feeds, names).then(list);
    },
    dispose() {
      model.dispose();
    },
  };
}

/** Without a signature only the node itself tells: the type it works in. */
function nodeDtype(topology: object, output: string): Core.DataType {
  type GraphNode = { name?: unknown; attr?: Record<string, { type?: unknown } | undefined> };
  const nodes: unknown = (topology as { node?: unknown }).node;
  const name = output.replace(/:\d+$/, '');
  const node = Array.isArray(nodes) ? (nodes as GraphNode[]).find((each) => each?.name === name) : undefined;
  const type = ['DstT', 'output_type', 'dtype', 'T'].flatMap((key) => node?.attr?.[key]?.type ?? [])[0];
  return dataTypes[String(type)] ?? 'float32';
}

// By name and by number: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto
const dataTypes: Readonly<Record<string, Core.DataType>> = {
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_BOOL: 'bool',
  DT_STRING: 'string',
  3: 'int32',
  9: 'int32',
  10: 'bool',
  7: 'string',
};

function describe({ name, shape, dtype }: Core.ModelTensorInfo): TensorInfo {
  const isKnown = Array.isArray(shape) && shape.length > 0;
  return {
    name: name.replace(/:0$/, ''),
    dtype: dtype as DType,
    shape: isKnown
      ? shape.map((dim, axis) => (dim === null || dim < 0 ? (axis === 0 ? 'batch' : null) : dim))
      : undefined,
  };
}
