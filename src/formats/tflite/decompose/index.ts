// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Rewrite } from '../rewrite/definition.ts';
import batchNorm from './batch-norm.ts';

export const rewrites: readonly Rewrite[] = [batchNorm];
