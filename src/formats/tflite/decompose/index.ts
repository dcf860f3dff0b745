// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Rewrite } from '../rewrite/definition.ts';
import activations from './activations.ts';
import affineGrid from './affine-grid.ts';
import arithmetic from './arithmetic.ts';
import attention from './attention.ts';
import batchNorm from './batch-norm.ts';
import bitwise from './bitwise.ts';
import col2im from './col2im.ts';
import cumProd from './cum-prod.ts';
import deformConv from './deform-conv.ts';
import det from './det.ts';
import dropout from './dropout.ts';
import einsum from './einsum.ts';
import fourier from './fourier.ts';
import gridSample from './grid-sample.ts';
import integers from './integers.ts';
import losses from './losses.ts';
import maxUnpool from './max-unpool.ts';
import microsoftQuantized from './microsoft-quantized.ts';
import mlColumns from './ml-columns.ts';
import mlLabels from './ml-labels.ts';
import mlLinear from './ml-linear.ts';
import mlTrees from './ml-trees.ts';
import nonMaxSuppression from './non-max-suppression.ts';
import normalizations from './normalizations.ts';
import picks from './picks.ts';
import quantizeLinear from './quantize-linear.ts';
import quantized from './quantized.ts';
import recurrent from './recurrent.ts';
import reductions from './reductions.ts';
import roiAlign from './roi-align.ts';
import rotaryEmbedding from './rotary-embedding.ts';
import scatter from './scatter.ts';
import trigonometry from './trigonometry.ts';

export const rewrites: readonly Rewrite[] = [
  activations,
  affineGrid,
  arithmetic,
  attention,
  batchNorm,
  bitwise,
  col2im,
  cumProd,
  deformConv,
  det,
  dropout,
  einsum,
  fourier,
  gridSample,
  integers,
  losses,
  maxUnpool,
  microsoftQuantized,
  mlColumns,
  mlLabels,
  mlLinear,
  mlTrees,
  nonMaxSuppression,
  normalizations,
  picks,
  quantizeLinear,
  quantized,
  recurrent,
  reductions,
  roiAlign,
  rotaryEmbedding,
  scatter,
  trigonometry,
];
