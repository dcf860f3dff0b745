// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { OperatorFamily } from '../definition.ts';
import addN from './add-n.ts';
import arithmetic from './arithmetic.ts';
import atan2 from './atan2.ts';
import batchMatmul from './batch-matmul.ts';
import bitcast from './bitcast.ts';
import cast from './cast.ts';
import comparison from './comparison.ts';
import convolution from './convolution.ts';
import fakeQuant from './fake-quant.ts';
import floorDivision from './floor-division.ts';
import fullyConnected from './fully-connected.ts';
import logic from './logic.ts';
import normalization from './normalization.ts';
import pooling from './pooling.ts';
import prelu from './prelu.ts';
import quantization from './quantization.ts';
import resize from './resize.ts';
import shift from './shift.ts';
import softmax from './softmax.ts';
import squaredDifference from './squared-difference.ts';
import transposedConvolution from './transposed-convolution.ts';
import unary from './unary.ts';

export const operators: readonly OperatorFamily[] = [
  addN,
  arithmetic,
  atan2,
  batchMatmul,
  bitcast,
  cast,
  comparison,
  convolution,
  fakeQuant,
  floorDivision,
  fullyConnected,
  logic,
  normalization,
  pooling,
  prelu,
  quantization,
  resize,
  shift,
  softmax,
  squaredDifference,
  transposedConvolution,
  unary,
];
