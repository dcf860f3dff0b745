// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Rewrite } from '../rewrite/definition.ts';
import activations from './activations.ts';
import arithmetic from './arithmetic.ts';
import attention from './attention.ts';
import batchNorm from './batch-norm.ts';
import einsum from './einsum.ts';
import gridSample from './grid-sample.ts';
import integers from './integers.ts';
import mlColumns from './ml-columns.ts';
import mlLabels from './ml-labels.ts';
import normalizations from './normalizations.ts';
import recurrent from './recurrent.ts';
import reductions from './reductions.ts';
import trigonometry from './trigonometry.ts';

export const rewrites: readonly Rewrite[] = [
  activations,
  arithmetic,
  attention,
  batchNorm,
  einsum,
  gridSample,
  integers,
  mlColumns,
  mlLabels,
  normalizations,
  recurrent,
  reductions,
  trigonometry,
];
