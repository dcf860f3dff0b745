// TFLite files (LiteRT, TensorFlow Lite): recognised by their identifier; everything heavier loads when it is needed.
// https://ai.google.dev/edge/litert

import { errors } from '../../errors.ts';
import type { Format } from '../definition.ts';
import { looksLikeTflite } from './match.ts';

const format = {
  name: 'tflite',
  title: 'TFLite',
  extensions: ['.tflite'],
  match: looksLikeTflite,
  async describe(path, context) {
    const { describeTflite } = await import('./describe.ts');
    return describeTflite(path, context);
  },
  async read(path) {
    throw errors.FORMAT_NOT_YET(path, 'a TFLite model', 'run it as it is with mlctl predict');
  },
} satisfies Format;

export default format;
