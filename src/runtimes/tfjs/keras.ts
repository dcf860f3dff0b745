// Runs a Keras HDF5 file in tfjs, from the file's own architecture and weights and nothing of mlctl's reader but the
// container: the independent reference that conversions are checked against.

import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { quietContext } from '../../context.ts';
import { errors, MlctlError } from '../../errors.ts';
import { readKerasFile } from '../../formats/keras/file.ts';
import type { DType } from '../../graph/dtype.ts';
import { elementCount } from '../../graph/tensor.ts';
import type { TensorInfo } from '../session.ts';
import { declaredDtypes, normalize } from './keras/architecture.ts';
import { loadWeights } from './keras/weights.ts';
import { NAME, type Tfjs, words } from './library.ts';
import type { Loaded } from './session.ts';
import { allowWeights } from './weight-budget.ts';

/** Errors: those of the container, and RUNTIME_FAILED when tfjs cannot express the model. */
export async function openKeras(tfjs: Tfjs, path: string): Promise<Loaded> {
  const file = await readKerasFile(path, quietContext());
  try {
    if (file.objects !== undefined) {
      throw errors.RUNTIME_FAILED(
        NAME,
        `it takes Keras models as HDF5 only, and ${path} keeps its weights by object`,
      );
    }
    const major = Number.parseInt(file.kerasVersion ?? '1', 10) || 1;
    const modelTopology = normalize(file.config, major);
    const stored = [...file.weights.values()].flat().reduce((sum, { dims }) => sum + elementCount(dims), 0);
    allowWeights(stored);
    const model = await tfjs.layers.loadLayersModel({ load: async () => ({ modelTopology }) });
    try {
      loadWeights(tfjs, model, file, major);
    } catch (cause) {
      model.dispose();
      throw cause;
    }
    const loaded = layersModel(model);
    const declared = declaredDtypes(modelTopology);
    const inputs = loaded.inputs.map((input) => {
      const dtype = declared.get(input.name);
      return dtype !== undefined && takes.has(dtype) ? { ...input, dtype: dtype as DType } : input;
    });
    return { ...loaded, inputs };
  } catch (cause) {
    if (cause instanceof MlctlError) throw cause;
    throw errors.RUNTIME_FAILED(NAME, `it cannot build ${path}: ${words(cause)}`, cause);
  } finally {
    file.close();
  }
}

/** Dtypes of inputs that session.ts converts to what tfjs has. */
const takes = new Set(['float64', 'int8', 'int16', 'int64', 'uint8', 'uint16', 'uint32', 'uint64']);

/** A tfjs layers model, wherever it came from. Errors: RUNTIME_FAILED when a layer would have nothing to give. */
export function layersModel(model: Layers.LayersModel): Loaded {
  const inputs = describe(model.inputs);
  const outputs = describe(model.outputs);
  const checkSizes = sizeCheck(model);
  // The batch counts as 1; other open axes are known when the model runs.
  const isOpen = inputs.some(({ shape }) => shape?.some((dim, axis) => typeof dim !== 'number' && axis > 0));
  if (!isOpen) checkSizes(inputs.map(({ shape }) => (shape ?? []).map((dim) => Number(dim) || 1)));
  return {
    inputs,
    outputs,
    compute(tensors) {
      if (isOpen) checkSizes(tensors.map((tensor) => tensor.shape));
      const rows = tensors[0]?.shape[0] ?? 1;
      const made = model.predict([...tensors], { batchSize: Math.max(rows, 1) });
      return Array.isArray(made) ? made : [made];
    },
    dispose() {
      model.dispose();
    },
  };
}

// A Sequential model keeps no list of names: they are those of the layers.
function describe(symbols: readonly Layers.SymbolicTensor[]): TensorInfo[] {
  const seen = new Map<string, number>();
  return symbols.map(({ shape, dtype, sourceLayer }) => {
    const base = sourceLayer.name;
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return {
      name: count === 0 ? base : `${base}_${count}`,
      dtype: dtype as Core.DataType as DType,
      shape: shape.map((dim, axis) => dim ?? (axis === 0 ? 'batch' : null)),
    };
  });
}

/** 2 GiB of float32: half of what WebAssembly can have. */
const MOST_ELEMENTS = 2 ** 29;

/**
 * Checks that no layer gets an output that is far too large or without elements for inputs of these dims. tfjs' WebAssembly does not look:
 * it writes outside its memory and is broken from then on.
 */
function sizeCheck(model: Layers.LayersModel): (dims: readonly (readonly number[])[]) => void {
  for (const layer of model.layers) {
    const compute = layer.computeOutputShape.bind(layer);
    layer.computeOutputShape = (given) => {
      const made = compute(given);
      for (const dim of made.flat()) {
        if (typeof dim !== 'number' || dim >= 1) continue;
        throw errors.RUNTIME_FAILED(NAME, `its input is too small for layer ${layer.name}`);
      }
      for (const each of listShapes(made)) {
        const size = each.reduce<number>((product, dim) => product * (dim ?? 1), 1);
        if (size <= MOST_ELEMENTS) continue;
        throw errors.RUNTIME_FAILED(NAME, `layer ${layer.name} would give ${size} numbers at once`);
      }
      return made;
    };
  }
  return (dims) => {
    const shapes = dims.map((each) => [...each]);
    try {
      model.computeOutputShape(shapes.length === 1 ? (shapes[0] ?? []) : shapes);
    } catch (cause) {
      // A layer that cannot tell its shape beforehand is no reason to refuse the run.
      if (cause instanceof MlctlError) throw cause;
    }
  };
}

function listShapes(shape: Layers.Shape | Layers.Shape[]): Layers.Shape[] {
  return Array.isArray(shape[0]) ? (shape as Layers.Shape[]) : [shape as Layers.Shape];
}
