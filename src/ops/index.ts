// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import activation from './activation.ts';
import argReduction from './arg-reduction.ts';
import arithmetic from './arithmetic.ts';
import BatchNormalization from './BatchNormalization.ts';
import bitwise from './bitwise.ts';
import Cast from './Cast.ts';
import Clip from './Clip.ts';
import Concat from './Concat.ts';
import Constant from './Constant.ts';
import ConstantOfShape from './ConstantOfShape.ts';
import ConvTranspose from './ConvTranspose.ts';
import comparison from './comparison.ts';
import convolution from './convolution.ts';
import DeformConv from './DeformConv.ts';
import Dropout from './Dropout.ts';
import type { OpFamily } from './definition.ts';
import Expand from './Expand.ts';
import elementwiseUnary from './elementwise-unary.ts';
import Flatten from './Flatten.ts';
import floatTest from './float-test.ts';
import Gather from './Gather.ts';
import GatherElements from './GatherElements.ts';
import GatherND from './GatherND.ts';
import Gemm from './Gemm.ts';
import globalPooling from './global-pooling.ts';
import Identity from './Identity.ts';
import LayerNormalization from './LayerNormalization.ts';
import MaxUnpool from './MaxUnpool.ts';
import Mod from './Mod.ts';
import matrixProduct from './matrix-product.ts';
import normalization from './normalization.ts';
import Pad from './Pad.ts';
import PRelu from './PRelu.ts';
import pooling from './pooling.ts';
import Range from './Range.ts';
import Reshape from './Reshape.ts';
import Resize from './Resize.ts';
import reduction from './reduction.ts';
import regionPooling from './region-pooling.ts';
import Shape from './Shape.ts';
import Size from './Size.ts';
import Slice from './Slice.ts';
import Split from './Split.ts';
import Squeeze from './Squeeze.ts';
import scatter from './scatter.ts';
import softmax from './softmax.ts';
import Tile from './Tile.ts';
import Transpose from './Transpose.ts';
import Unsqueeze from './Unsqueeze.ts';
import variadic from './variadic.ts';
import Where from './Where.ts';

export const ops: readonly OpFamily[] = [
  BatchNormalization,
  Cast,
  Clip,
  Concat,
  Constant,
  ConstantOfShape,
  ConvTranspose,
  DeformConv,
  Dropout,
  Expand,
  Flatten,
  Gather,
  GatherElements,
  GatherND,
  Gemm,
  Identity,
  LayerNormalization,
  MaxUnpool,
  Mod,
  PRelu,
  Pad,
  Range,
  Reshape,
  Resize,
  Shape,
  Size,
  Slice,
  Split,
  Squeeze,
  Tile,
  Transpose,
  Unsqueeze,
  Where,
  activation,
  argReduction,
  arithmetic,
  bitwise,
  comparison,
  convolution,
  elementwiseUnary,
  floatTest,
  globalPooling,
  matrixProduct,
  normalization,
  pooling,
  reduction,
  regionPooling,
  scatter,
  softmax,
  variadic,
];
