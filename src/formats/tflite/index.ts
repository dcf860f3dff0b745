// TFLite files (LiteRT, TensorFlow Lite): recognised by their identifier; everything heavier loads when it is needed.
// https://ai.google.dev/edge/litert

import type { Format } from '../definition.ts';
import { looksLikeTflite } from './match.ts';

const format = {
  name: 'tflite',
  title: 'TFLite',
  extensions: ['.tflite'],
  match: looksLikeTflite,
  // A scale per output of FULLY_CONNECTED needs a newer runtime and 24 bytes each; TensorFlow's converter has one, too.
  numbers: { storesHalf: true, fusesBias: true, scalesProductsWhole: true, computesOnCodes: true },
  takesSignature: true,
  keepsState: true,
  async describe(path, _context, options = {}) {
    const { describeTflite } = await import('./describe.ts');
    return describeTflite(path, options);
  },
  async read(path, context, options = {}) {
    const { readTflite } = await import('./read.ts');
    return readTflite(path, context, options);
  },
  async quantization(path, { signature } = {}) {
    const [{ readTfliteFile }, { findInterface, quantizationOf }] = await Promise.all([
      import('./file.ts'),
      import('./interface.ts'),
    ]);
    return quantizationOf(findInterface(await readTfliteFile(path), path, signature));
  },
  async normalization(path, { signature } = {}) {
    const [{ readTfliteFile }, { findInterface }, { normalizations }] = await Promise.all([
      import('./file.ts'),
      import('./interface.ts'),
      import('./metadata.ts'),
    ]);
    const file = await readTfliteFile(path);
    return normalizations(file, findInterface(file, path, signature), path);
  },
  async spellOut(model) {
    const { spellOut } = await import('./spell-out.ts');
    return spellOut(model);
  },
  async write(model, options, context) {
    const { writeTflite } = await import('./write.ts');
    return writeTflite(model, options, context);
  },
  async preflight(model, context) {
    const { preflight } = await import('./write.ts');
    return preflight(model, context);
  },
} satisfies Format;

export default format;
