// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Precision } from './definition.ts';
import dynamicInt8 from './dynamic-int8.ts';
import float16 from './float16.ts';
import int8 from './int8.ts';
import int16x8 from './int16x8.ts';

export const precisions: readonly Precision[] = [dynamicInt8, float16, int16x8, int8];
