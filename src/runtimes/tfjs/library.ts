// Loads TensorFlow.js once per thread: the native package when the user has installed it, otherwise WebAssembly with
// plain JavaScript behind it for the few kernels that WebAssembly lacks.

import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import type * as Converter from '@tensorflow/tfjs-converter';
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { errors } from '../../errors.ts';
import { registerActivations } from './activations.ts';
import { registerLayers } from './custom-layers.ts';
import { registerZeros } from './weight-budget.ts';

export type Tfjs = {
  readonly core: typeof Core;
  readonly layers: typeof Layers;
  readonly converter: typeof Converter;
  readonly version: string;
  /** `tensorflow` (native) or `wasm`. */
  readonly backend: string;
  /** Makes the plain JavaScript backend available; false when it is not installed. */
  addCpu(): boolean;
};

export const NAME = 'tfjs';

let loading: Promise<Tfjs> | undefined;

/** Errors: RUNTIME_MISSING. */
export function loadTfjs(): Promise<Tfjs> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw errors.RUNTIME_MISSING(NAME, words(cause));
  });
  return loading;
}

/** The library's own words: its first line. */
export function words(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const line = message.split('\n', 1)[0]?.trim() ?? '';
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

async function load(): Promise<Tfjs> {
  // require, not import(): the CommonJS bundles load five times faster (RUNTIMES: 100 against 549 ms).
  const require = createRequire(import.meta.url);
  const tfjs = (await loadNative(require)) ?? (await loadWasm(require));
  registerZeros(tfjs);
  registerActivations(tfjs);
  registerLayers(tfjs);
  return tfjs;
}

type Require = ReturnType<typeof createRequire>;

// An optional peer with a native part: whatever goes wrong with it means that it is not there.
async function loadNative(require: Require): Promise<Tfjs | undefined> {
  try {
    const all = require('@tensorflow/tfjs-node') as typeof Core & typeof Layers & typeof Converter;
    all.env().set('PROD', true);
    if (!(await all.setBackend('tensorflow'))) return undefined;
    await all.ready();
    const version = String((require('@tensorflow/tfjs-node/package.json') as { version: unknown }).version);
    return { core: all, layers: all, converter: all, version, backend: 'tensorflow', addCpu: () => true };
  } catch {
    return undefined;
  }
}

async function loadWasm(require: Require): Promise<Tfjs> {
  const core = require('@tensorflow/tfjs-core') as typeof Core;
  core.env().set('PROD', true); // no banner, no advice on standard error
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(folder: string): void };
  wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  if (!(await core.setBackend('wasm'))) throw new Error('its WebAssembly backend does not start');
  const layers = require('@tensorflow/tfjs-layers') as typeof Layers;
  const converter = require('@tensorflow/tfjs-converter') as typeof Converter;
  let hasCpu: boolean | undefined;
  return {
    core,
    layers,
    converter,
    version: core.version_core,
    backend: 'wasm',
    addCpu() {
      hasCpu ??= attempt(() => require('@tensorflow/tfjs-backend-cpu'));
      return hasCpu;
    },
  };
}

function attempt(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
