// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Precision } from './definition.ts';
import float16 from './float16.ts';

export const precisions: readonly Precision[] = [float16];
