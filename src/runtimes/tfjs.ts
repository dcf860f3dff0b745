// TensorFlow.js: runs its own models, and Keras files as the independent reference for their conversion.

import { errors } from '../errors.ts';
import type { Runtime, Session } from './session.ts';
import { openKeras } from './tfjs/keras.ts';
import { loadTfjs, NAME, words } from './tfjs/library.ts';
import { openModelJson } from './tfjs/model-json.ts';
import { open } from './tfjs/session.ts';

const tfjs = {
  name: NAME,
  formats: ['tfjs'],
  // As a reference: numbers that do not pass through mlctl's own reader.
  onRequest: ['keras'],
  async probe() {
    try {
      const { version, backend } = await loadTfjs();
      return { version: `${version} (${backend})` };
    } catch (cause) {
      return { missing: words(cause) };
    }
  },
  async open(source): Promise<Session> {
    if (!('path' in source)) throw errors.RUNTIME_FAILED(NAME, 'it opens models by path only');
    if (source.format !== 'keras' && source.format !== 'tfjs') throw errors.NO_RUNTIME(source.format, NAME);
    const library = await loadTfjs();
    const load = source.format === 'keras' ? openKeras : openModelJson;
    return open(library, () => load(library, source.path));
  },
} satisfies Runtime;

export default tfjs;
