// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Rewrite } from '../rewrite/definition.ts';
import conv from './conv.ts';
import convTranspose from './conv-transpose.ts';
import depthSpace from './depth-space.ts';
import lastAxis from './last-axis.ts';
import lrn from './lrn.ts';
import pool from './pool.ts';
import resize from './resize.ts';

export const rewrites: readonly Rewrite[] = [convTranspose, conv, depthSpace, lastAxis, lrn, pool, resize];
