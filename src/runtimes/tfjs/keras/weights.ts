// Puts the weights of a Keras file into the layers of a tfjs model, in Keras' own order.

import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import type { KerasFile, KerasWeight } from '../../../formats/keras/file.ts';
import type { Tensor, TypedArray } from '../../../graph/tensor.ts';
import type { Tfjs } from '../library.ts';
import { Unsupported } from './unsupported.ts';

type Layer = Layers.layers.Layer;
/** The classes of tfjs that hold other layers have the list of them. */
type Container = Layer & { readonly layers: readonly Layer[] };

export function loadWeights({ core }: Tfjs, model: Layers.LayersModel, file: KerasFile, major: number): void {
  const dialect = { core, major, isTheano: isTheano(file, major) };
  for (const layer of model.layers) {
    const given = file.weights.get(layer.name) ?? [];
    const slots = isContainer(layer) ? [...leaves(layer, 'trainable'), ...leaves(layer, 'fixed')] : [];
    if (!isContainer(layer)) assign(layer, given, dialect);
    else if (slots.length !== given.length) throw mismatch(layer, slots.length, given.length);
    else {
      for (const leaf of new Set(slots)) {
        assign(
          leaf,
          given.filter((_, at) => slots[at] === leaf),
          dialect,
        );
      }
    }
  }
}

type Dialect = { readonly core: typeof Core; readonly major: number; readonly isTheano: boolean };

/** Keras 1 does not name the backend, but only TensorFlow numbers the outputs of its variables: `dense_1_W:0`. */
function isTheano(file: KerasFile, major: number): boolean {
  if (file.backend !== undefined || major !== 1) return file.backend === 'theano';
  const names = [...file.weights.values()].flatMap((weights) => weights.map(({ name }) => name));
  return names.length > 0 && !names.some((name) => name.endsWith(':0'));
}

function isContainer(layer: Layer): layer is Container {
  return Array.isArray((layer as Container).layers);
}

/** Keras stores a nested model's trainable weights first, layer by layer, then all the others: one entry each. */
function leaves(layer: Layer, which: 'trainable' | 'fixed'): Layer[] {
  if (isContainer(layer)) return layer.layers.flatMap((inner) => leaves(inner, which));
  const weights = which === 'trainable' ? layer.trainableWeights : layer.nonTrainableWeights;
  return weights.map(() => layer);
}

function assign(layer: Layer, given: readonly KerasWeight[], dialect: Dialect): void {
  const wanted = layer.weights.map((variable) => variable.shape);
  if (wanted.length === 0) return;
  const { core } = dialect;
  const made = core.tidy(() => {
    const read = (layer.getClassName() === 'Normalization' ? given.slice(0, 2) : given).map((weight) =>
      toTensor(core, layer, weight.tensor()),
    );
    const adapted = adapt(layer, read, dialect);
    if (adapted.length !== wanted.length) throw mismatch(layer, wanted.length, given.length);
    for (const [at, tensor] of adapted.entries()) {
      if (tensor.shape.join() === wanted[at]?.join()) continue;
      const name = given[at]?.name ?? '';
      throw new Unsupported(`weight ${name} of layer ${layer.name}: ${tensor.shape} is not ${wanted[at]}`);
    }
    return adapted.map((tensor) => core.keep(tensor));
  });
  layer.setWeights(made);
  core.dispose(made);
}

function toTensor(core: typeof Core, layer: Layer, { dtype, dims, data }: Tensor): Core.Tensor {
  if (dtype === 'string' || dtype === 'float16' || dtype === 'bfloat16') {
    throw new Unsupported(`weights of layer ${layer.name} in ${dtype}`);
  }
  return core.tensor(Float32Array.from(data as TypedArray, Number), [...dims], 'float32');
}

function mismatch(layer: Layer, wanted: number, given: number): Error {
  return new Unsupported(`layer ${layer.name} takes ${wanted} weights, the file has ${given}`);
}

// Facts about old files as Keras 2 documents them for loading Keras 1 and Theano weights.
function adapt(layer: Layer, weights: readonly Core.Tensor[], dialect: Dialect): readonly Core.Tensor[] {
  const { core, major, isTheano } = dialect;
  const className = kind(layer);
  const [kernel, ...rest] = weights;
  if (!kernel) return weights;
  if (className === 'LSTM' && weights.length === 12) return gates(core, weights, [0, 2, 1, 3]);
  if (className === 'GRU' && weights.length === 9) return gates(core, weights, [0, 1, 2]);
  if (className === 'Bidirectional' && layer.weights.length < weights.length) {
    // Keras 1: three arrays per gate, first all of the forward layer and then all of the backward one.
    const half = weights.length / 2;
    const order = half === 12 ? [0, 2, 1, 3] : [0, 1, 2];
    return [weights.slice(0, half), weights.slice(half)].flatMap((each) => gates(core, each, order));
  }
  if (!convolutions.has(className)) return weights;
  let adapted = kernel;
  if (major === 1 && kernel.rank === 4) {
    const wanted = layer.weights[0]?.shape.join();
    // Theano's order is [out, in, rows, columns]; one-dimensional kernels were stored with a second axis of 1.
    const turned = core.transpose(kernel, [2, 3, 1, 0]);
    const channels = dataFormat(layer);
    if (className === 'Conv1D') {
      adapted = kernel.shape[1] === 1 ? core.squeeze(kernel, [1]) : core.squeeze(turned, [1]);
    } else if (channels === 'channelsFirst' || kernel.shape.join() !== wanted) adapted = turned;
  }
  // Theano convolves, everybody else correlates: the kernel is turned by half a circle.
  if (isTheano) {
    adapted = core.reverse(
      adapted,
      Array.from({ length: adapted.rank - 2 }, (_, axis) => axis),
    );
  }
  return [adapted, ...rest];
}

const convolutions = new Set(['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'ConvLSTM2D', 'MlctlConv']);

function kind(layer: Layer): string {
  return layer.getClassName();
}

function dataFormat(layer: Layer): unknown {
  return (layer as { dataFormat?: unknown }).dataFormat;
}

/** Keras 1 has kernel, recurrent kernel and bias per gate; Keras 2 joins the gates in the given order. */
function gates(core: typeof Core, weights: readonly Core.Tensor[], order: readonly number[]): Core.Tensor[] {
  return [0, 1, 2].map((part) => {
    const parts = order.map((gate) => weights[gate * 3 + part] as Core.Tensor);
    return core.concat(parts, parts[0]?.rank === 1 ? 0 : 1);
  });
}
