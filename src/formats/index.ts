// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Format } from './definition.ts';
import keras from './keras/index.ts';
import onnx from './onnx/index.ts';
import tflite from './tflite/index.ts';

export const formats: readonly Format[] = [keras, onnx, tflite];
