// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import litert from './litert.ts';
import onnxruntime from './onnxruntime.ts';
import type { Runtime } from './session.ts';
import tfjs from './tfjs.ts';

export const runtimes: readonly Runtime[] = [litert, onnxruntime, tfjs];
