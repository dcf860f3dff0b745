// Writes a Keras file into a temporary folder, reads it with mlctl and runs the graph in onnxruntime.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import {
  type FileFixture,
  numbers,
  type WeightFixture,
  writeKerasHdf5,
} from '../../../fixtures/formats/keras/make.ts';
import { type Context, quietContext } from '../../../src/context.ts';
import type { Diagnostic } from '../../../src/diagnostics.ts';
import keras from '../../../src/formats/keras/index.ts';
import type { Model } from '../../../src/graph/model.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';

// Made when the first file is: a test file whose tests are all skipped runs no afterAll.
let folder: string | undefined;
afterAll(() => folder && rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Path of a new file in the test's own folder. */
export function temporaryPath(name = 'model.h5'): string {
  count++;
  folder ??= mkdtempSync(join(tmpdir(), 'mlctl-keras-'));
  return join(folder, `${count}-${name}`);
}

export async function write(fixture: FileFixture, name?: string): Promise<string> {
  const path = temporaryPath(name);
  await writeKerasHdf5(path, fixture);
  return path;
}

/** A context that keeps what it is told. */
export function listeningContext(): { context: Context; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  return { context: quietContext({ diagnose: (diagnostic) => diagnostics.push(diagnostic) }), diagnostics };
}

export async function read(fixture: FileFixture): Promise<Model> {
  return keras.read(await write(fixture), quietContext());
}

/** What reading the file is refused with. */
export async function refusal(fixture: FileFixture | string) {
  const path = typeof fixture === 'string' ? fixture : await write(fixture);
  try {
    await keras.read(path, quietContext());
  } catch (error) {
    const { code, message, details } = error as { code?: string; message: string; details?: string[] };
    if (code === undefined) throw error;
    return { code, message: message.replaceAll(path, 'FILE'), details: details ?? [] };
  }
  return expect.unreachable('the file was read');
}

export async function runModel(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Readonly<Record<string, Tensor>>> {
  const session = await openGraph(model, { optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

export type LayerCase = {
  readonly className: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Without the batch axis. */
  readonly input: readonly (number | null)[];
  /** Dims of what is fed, when the input has axes of unknown length. */
  readonly feed?: readonly number[];
  readonly weights?: readonly (readonly [name: string, dims: readonly number[], data?: Float32Array])[];
  readonly version?: string;
  readonly backend?: string;
  readonly dtype?: string;
  /** Values of the input; made up when absent. */
  readonly data?: Float32Array;
};

export type Ran = { readonly x: Tensor; readonly y: Tensor; readonly model: Model };

/** One layer in a Sequential, fed two samples. */
export async function runLayer(one: LayerCase): Promise<Ran> {
  const { version = '2.15.0', dtype = 'float32', backend = 'tensorflow' } = one;
  const shape = [null, ...one.input];
  const weights: WeightFixture[] = (one.weights ?? []).map(([name, dims, data], index) => ({
    name: version.startsWith('1') ? `layer_${name}:0` : `layer/${name}:0`,
    dims,
    data:
      data ??
      numbers(
        dims.reduce((product, dim) => product * dim, 1),
        index + 7,
      ),
  }));
  const inputLayer = version.startsWith('3')
    ? { class_name: 'InputLayer', config: { batch_shape: shape, dtype, name: 'x' } }
    : { class_name: 'InputLayer', config: { batch_input_shape: shape, dtype, name: 'x' } };
  const layer = {
    class_name: one.className,
    config: { name: 'layer', trainable: true, dtype, ...one.config },
  };
  const layers = version.startsWith('1')
    ? [{ ...layer, config: { ...layer.config, batch_input_shape: shape } }]
    : [inputLayer, layer];
  const config = version.startsWith('1') ? layers : { name: 'sequential', layers };
  const model = await read({
    version,
    backend: version.startsWith('1') ? undefined : backend,
    config: { class_name: 'Sequential', config },
    weights: { layer: weights },
  });
  const dims = [2, ...(one.feed ?? one.input.map(Number))];
  const data =
    one.data ??
    numbers(
      dims.reduce((product, dim) => product * dim, 1),
      3,
    );
  const x: Tensor = { dtype: 'float32', dims, data };
  const outputs = await runModel(model, { [model.graph.inputs[0] ?? '']: x });
  const y = outputs[model.graph.outputs[0] ?? ''];
  if (y === undefined) throw new Error('no output');
  const declared = model.graph.types.get(model.graph.outputs[0] ?? '');
  if (declared?.kind === 'tensor') {
    // What the reader says about the output has to be what comes out.
    declared.shape?.forEach((dim, axis) => {
      if (typeof dim === 'number') expect(y.dims[axis]).toBe(dim);
    });
    expect(declared.shape).toHaveLength(y.dims.length);
  }
  return { x, y, model };
}

export function list(tensor: Tensor): number[] {
  return Array.from(tensor.data as Float32Array);
}

/** Compares element by element with an absolute and relative tolerance of `tolerance`. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < expected.length; index++) {
    const want = expected[index] ?? Number.NaN;
    const got = actual[index] ?? Number.NaN;
    if (Math.abs(got - want) <= tolerance * (1 + Math.abs(want))) continue;
    if (Number.isNaN(got) && Number.isNaN(want)) continue;
    expect.fail(`element ${index} is ${got}, expected ${want}`);
  }
}
