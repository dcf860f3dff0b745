// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { OperatorFamily } from '../definition.ts';
import addN from './add-n.ts';
import argExtreme from './arg-extreme.ts';
import arithmetic from './arithmetic.ts';
import atan2 from './atan2.ts';
import batchMatmul from './batch-matmul.ts';
import bitcast from './bitcast.ts';
import broadcastArgs from './broadcast-args.ts';
import bucketize from './bucketize.ts';
import cast from './cast.ts';
import comparison from './comparison.ts';
import complex from './complex.ts';
import composite from './composite.ts';
import concatenation from './concatenation.ts';
import conditional from './conditional.ts';
import convolution from './convolution.ts';
import cumsum from './cumsum.ts';
import customPooling from './custom-pooling.ts';
import detection from './detection.ts';
import dotGeneral from './dot-general.ts';
import fakeQuant from './fake-quant.ts';
import fill from './fill.ts';
import floorDivision from './floor-division.ts';
import fullyConnected from './fully-connected.ts';
import gather from './gather.ts';
import logic from './logic.ts';
import lstm from './lstm.ts';
import matrixDiag from './matrix-diag.ts';
import nonMaxSuppression from './non-max-suppression.ts';
import normalization from './normalization.ts';
import oneHot from './one-hot.ts';
import pad from './pad.ts';
import pooling from './pooling.ts';
import prelu from './prelu.ts';
import quantization from './quantization.ts';
import reduction from './reduction.ts';
import reshape from './reshape.ts';
import resize from './resize.ts';
import reverse from './reverse.ts';
import rnn from './rnn.ts';
import scatter from './scatter.ts';
import segment from './segment.ts';
import shape from './shape.ts';
import shift from './shift.ts';
import slice from './slice.ts';
import softmax from './softmax.ts';
import spaceBatch from './space-batch.ts';
import spaceDepth from './space-depth.ts';
import split from './split.ts';
import squaredDifference from './squared-difference.ts';
import squeeze from './squeeze.ts';
import stablehloPad from './stablehlo-pad.ts';
import stridedSlice from './strided-slice.ts';
import svdf from './svdf.ts';
import tensorList from './tensor-list.ts';
import tile from './tile.ts';
import topK from './top-k.ts';
import transpose from './transpose.ts';
import transposedConvolution from './transposed-convolution.ts';
import unary from './unary.ts';
import unique from './unique.ts';
import updateSlice from './update-slice.ts';
import variables from './variables.ts';
import where from './where.ts';
import whileLoop from './while-loop.ts';

export const operators: readonly OperatorFamily[] = [
  addN,
  argExtreme,
  arithmetic,
  atan2,
  batchMatmul,
  bitcast,
  broadcastArgs,
  bucketize,
  cast,
  comparison,
  complex,
  composite,
  concatenation,
  conditional,
  convolution,
  cumsum,
  customPooling,
  detection,
  dotGeneral,
  fakeQuant,
  fill,
  floorDivision,
  fullyConnected,
  gather,
  logic,
  lstm,
  matrixDiag,
  nonMaxSuppression,
  normalization,
  oneHot,
  pad,
  pooling,
  prelu,
  quantization,
  reduction,
  reshape,
  resize,
  reverse,
  rnn,
  scatter,
  segment,
  shape,
  shift,
  slice,
  softmax,
  spaceBatch,
  spaceDepth,
  split,
  squaredDifference,
  squeeze,
  stablehloPad,
  stridedSlice,
  svdf,
  tensorList,
  tile,
  topK,
  transpose,
  transposedConvolution,
  unary,
  unique,
  updateSlice,
  variables,
  where,
  whileLoop,
];
