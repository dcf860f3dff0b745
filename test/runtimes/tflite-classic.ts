// The second opinion on TFLite files, for tests only: the classic interpreter with XNNPACK, as @tensorflow/tfjs-tflite
// ships it. Unlike LiteRT it runs files with variable tensors. Its element types end at 32 bits but for float64.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { type DType, dtypes } from '../../src/graph/dtype.ts';
import type { Tensor, TypedArray } from '../../src/graph/tensor.ts';

type Info = { readonly name: string; readonly dataType: string; readonly shape: string; data(): TypedArray };
type Infos = { size(): number; get(index: number): Info; delete(): void };
type Runner = { GetInputs(): Infos; GetOutputs(): Infos; Infer(): boolean; delete(): void };
type Result = { ok(): boolean; errorMessage(): string; value(): Runner; delete(): void };
type Module = {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  readonly TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(at: number, bytes: number, options: object): Result;
  };
};

export type Classic = {
  /** Tensors in the order of the subgraph's inputs and outputs. */
  run(feeds: readonly Tensor[]): Tensor[];
  release(): void;
};

let loading: Promise<Module> | undefined;

/** Errors: a plain one, in the interpreter's words. */
export async function openClassic(file: Uint8Array): Promise<Classic> {
  loading ??= load();
  const module = await loading;
  const pointer = module._malloc(file.length);
  module.HEAPU8.set(file, pointer);
  const options = { numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 0 };
  const result = module.TFLiteWebModelRunner.CreateFromBufferAndOptions(pointer, file.length, options);
  if (!result.ok()) {
    const message = result.errorMessage();
    result.delete();
    module._free(pointer);
    throw new Error(message);
  }
  const runner = result.value();
  result.delete();
  return {
    run(feeds) {
      const inputs = runner.GetInputs();
      for (const [index, feed] of feeds.entries()) {
        const target = inputs.get(index).data();
        if (target.length !== feed.data.length)
          throw new Error(`input ${index} has ${target.length} elements`);
        (target as Float32Array).set(feed.data as Float32Array);
      }
      inputs.delete();
      if (!runner.Infer()) throw new Error('Infer() gave false');
      const outputs = runner.GetOutputs();
      const results = Array.from({ length: outputs.size() }, (_, index) => toTensor(outputs.get(index)));
      outputs.delete();
      return results;
    },
    release() {
      runner.delete();
      module._free(pointer);
    },
  };
}

/** One run of a file. */
export async function runClassic(file: Uint8Array, feeds: readonly Tensor[]): Promise<Tensor[]> {
  const classic = await openClassic(file);
  try {
    return classic.run(feeds);
  } finally {
    classic.release();
  }
}

function toTensor(info: Info): Tensor {
  const dtype = info.dataType as DType;
  if (!(dtype in dtypes)) throw new Error(`${info.name} is of ${dtype}`);
  const dims = info.shape === '' ? [] : info.shape.split(',').map(Number);
  // The memory is the interpreter's.
  return { dtype, dims, data: info.data().slice() };
}

async function load(): Promise<Module> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@tensorflow/tfjs-tflite/package.json')), 'wasm');
  const file = join(folder, 'tflite_web_api_cc_simd.js');
  const [text, wasmBinary] = await Promise.all([
    readFile(file, 'utf8'),
    readFile(join(folder, 'tflite_web_api_cc_simd.wasm')),
  ]);
  // It takes itself for a worker of a browser: there it adds no listeners to the process.
  const parameters = ['importScripts', 'self', 'process', 'exports', 'module'];
  const define = compileFunction(`${text}\nreturn tflite_web_api_ModuleFactory;`, parameters, {
    filename: file,
  });
  const self = { location: { href: `file://${file}` } };
  const factory = define(() => {}, self, undefined, {}, {}) as (options: object) => Promise<Module>;
  return factory({ wasmBinary, print: () => {}, printErr: () => {} });
}
