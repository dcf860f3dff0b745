// LiteRT (TensorFlow Lite) in WebAssembly: runs .tflite files. One instance per thread, loaded with the first model.

import { errors } from '../errors.ts';
import { loadLibrary, NAME, words } from './litert/library.ts';
import type { Runtime } from './session.ts';

const litert = {
  name: NAME,
  formats: ['tflite'],
  async probe() {
    try {
      return { version: (await loadLibrary()).version };
    } catch (cause) {
      return { missing: words(cause) };
    }
  },
  async refusal(source) {
    const { refusalOf } = await import('./litert/open.ts');
    return refusalOf(source);
  },
  async open(source) {
    if (source.format !== 'tflite') throw errors.NO_RUNTIME(source.format, NAME);
    const { openModel } = await import('./litert/open.ts');
    return openModel(source);
  },
} satisfies Runtime;

export default litert;
