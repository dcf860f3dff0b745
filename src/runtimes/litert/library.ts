// Loads LiteRT once per thread: its WebAssembly build for browsers, which runs in plain Node.
// The package's public functions know three element types and a browser; the layer below them, used here, knows all.
// That layer is not documented: the version is pinned.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import { errors } from '../../errors.ts';

export const NAME = 'litert';

/** What this folder uses of the module's bindings. `delete` frees what is in WebAssembly's memory. */
export type Bindings = {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  setupLogging(): void;
  readonly LiteRtEnvironment: { create(device: null): Environment };
  loadModel(environment: Environment, pointer: number, bytes: number): LoadedModel;
  compileModel(
    environment: Environment,
    model: LoadedModel,
    options: object,
  ): CompiledModel | Promise<CompiledModel>;
  readonly VectorInt32: new () => VectorInt32;
  readonly LiteRtLayout: { create(dimensions: VectorInt32): Layout };
  readonly LiteRtRankedTensorType: { create(type: { value: number }, layout: Layout): RankedTensorType };
  readonly LiteRtTensorBufferType: { readonly HOST_MEMORY: object };
  readonly LiteRtTensorBufferLockMode: { readonly READ: object; readonly WRITE: object };
  readonly LiteRtTensorBuffer: {
    createManaged(
      environment: Environment,
      type: object,
      tensor: RankedTensorType,
      bytes: number,
    ): TensorBuffer;
  };
};

export type Deletable = { delete(): void };
export type Environment = Deletable;
export type VectorInt32 = Deletable & {
  push_back(value: number): void;
  size(): number;
  get(index: number): number;
};
export type Layout = Deletable & { dimensions(): VectorInt32 };
export type RankedTensorType = Deletable & { bytes(): number; layout(): Layout };
export type TensorBuffer = Deletable & {
  lock(mode: object): number;
  unlock(): void;
  tensorType(): RankedTensorType;
  size(): number;
  packedSize(): number;
  offset(): number;
};
export type Strings = Deletable & { size(): number; get(index: number): string };
export type Signature = Deletable & { inputNames(): Strings; outputNames(): Strings };
export type LoadedModel = Deletable & { getSignature(index: number): Signature };
export type CompiledModel = Deletable & {
  run(signature: number, inputs: readonly TensorBuffer[]): TensorBuffer[] | Promise<TensorBuffer[]>;
};

export type Library = {
  readonly bindings: Bindings;
  readonly environment: Environment;
  readonly version: string;
  /** Its last complaints, for messages: it throws errors that say less than what it prints. */
  takeComplaints(): string[];
};

/** After it the memory of WebAssembly is in an unknown state. */
export function isTrap(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'RuntimeError';
}

let loading: Promise<Library> | undefined;

/** Errors: RUNTIME_MISSING. */
export function loadLibrary(): Promise<Library> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw errors.RUNTIME_MISSING(NAME, words(cause));
  });
  return loading;
}

/** Its memory cannot be trusted after a trap: whoever opens a model next gets a new instance. */
export function dropLibrary(): void {
  loading = undefined;
}

/** The library's own words: its first line. */
export function words(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const line = message.split('\n', 1)[0]?.trim() ?? '';
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

type Factory = (module: object) => Promise<Bindings>;

async function load(): Promise<Library> {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@litertjs/core');
  const folder = resolve(dirname(entry), '../wasm');
  const file = join(folder, 'litert_wasm_compat_internal.js');
  const [text, wasmBinary, manifest] = await Promise.all([
    readFile(file, 'utf8'),
    readFile(join(folder, 'litert_wasm_compat_internal.wasm')),
    readFile(resolve(dirname(entry), '../package.json'), 'utf8'),
  ]);
  // The file is CommonJS in a package that says it has none.
  const module = { exports: {} as unknown };
  const parameters = ['exports', 'require', 'module', '__filename', '__dirname'];
  const define = compileFunction(text, parameters, { filename: file });
  define.call(module.exports, module.exports, require, module, file, folder);
  const complaints: string[] = [];
  const keep = (line: string) => {
    if (/^(ERROR|WARNING)/.test(line) && complaints.length < 50)
      complaints.push(line.replace(/^\w+: (\[[^\]]*\] )?/, ''));
  };
  const bindings = await (module.exports as Factory)({ wasmBinary, print: keep, printErr: keep });
  bindings.setupLogging();
  const environment = bindings.LiteRtEnvironment.create(null);
  complaints.length = 0;
  return {
    bindings,
    environment,
    version: String((JSON.parse(manifest) as { version: unknown }).version),
    takeComplaints: () => complaints.splice(0),
  };
}
