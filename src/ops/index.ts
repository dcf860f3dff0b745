// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import AffineGrid from './AffineGrid.ts';
import ArrayFeatureExtractor from './ArrayFeatureExtractor.ts';
import Attention from './Attention.ts';
import activation from './activation.ts';
import argReduction from './arg-reduction.ts';
import arithmetic from './arithmetic.ts';
import BatchNormalization from './BatchNormalization.ts';
import BitCast from './BitCast.ts';
import bitwise from './bitwise.ts';
import brevitasQuant from './brevitas-quant.ts';
import Cast from './Cast.ts';
import CategoryMapper from './CategoryMapper.ts';
import CenterCropPad from './CenterCropPad.ts';
import Clip from './Clip.ts';
import Col2Im from './Col2Im.ts';
import Compress from './Compress.ts';
import Concat from './Concat.ts';
import ConcatFromSequence from './ConcatFromSequence.ts';
import Constant from './Constant.ts';
import ConstantOfShape from './ConstantOfShape.ts';
import ConvTranspose from './ConvTranspose.ts';
import classificationLoss from './classification-loss.ts';
import comparison from './comparison.ts';
import convolution from './convolution.ts';
import cumulative from './cumulative.ts';
import DeformConv from './DeformConv.ts';
import DequantizeLinear from './DequantizeLinear.ts';
import Det from './Det.ts';
import DFT from './DFT.ts';
import Dropout from './Dropout.ts';
import DynamicQuantizeLinear from './DynamicQuantizeLinear.ts';
import type { OpFamily } from './definition.ts';
import depthSpace from './depth-space.ts';
import Einsum from './Einsum.ts';
import Expand from './Expand.ts';
import EyeLike from './EyeLike.ts';
import elementwiseUnary from './elementwise-unary.ts';
import experimental from './experimental.ts';
import FeatureVectorizer from './FeatureVectorizer.ts';
import Flatten from './Flatten.ts';
import FlexAttention from './FlexAttention.ts';
import floatTest from './float-test.ts';
import Gather from './Gather.ts';
import GatherElements from './GatherElements.ts';
import GatherND from './GatherND.ts';
import Gemm from './Gemm.ts';
import GridSample from './GridSample.ts';
import globalPooling from './global-pooling.ts';
import Identity from './Identity.ts';
import If from './If.ts';
import ImageDecoder from './ImageDecoder.ts';
import LabelEncoder from './LabelEncoder.ts';
import LayerNormalization from './LayerNormalization.ts';
import Loop from './Loop.ts';
import MaxUnpool from './MaxUnpool.ts';
import MelWeightMatrix from './MelWeightMatrix.ts';
import Mod from './Mod.ts';
import Multinomial from './Multinomial.ts';
import matrixProduct from './matrix-product.ts';
import microsoftElementwise from './microsoft-elementwise.ts';
import microsoftQuantized from './microsoft-quantized.ts';
import mlClassifier from './ml-classifier.ts';
import mlElementwise from './ml-elementwise.ts';
import mlMap from './ml-map.ts';
import mlRegressor from './ml-regressor.ts';
import mlScaling from './ml-scaling.ts';
import NonMaxSuppression from './NonMaxSuppression.ts';
import NonZero from './NonZero.ts';
import normalization from './normalization.ts';
import OneHot from './OneHot.ts';
import OneHotEncoder from './OneHotEncoder.ts';
import optimizer from './optimizer.ts';
import optional from './optional.ts';
import Pad from './Pad.ts';
import PRelu from './PRelu.ts';
import pooling from './pooling.ts';
import QuantizeLinear from './QuantizeLinear.ts';
import qonnxQuant from './qonnx-quant.ts';
import Range from './Range.ts';
import RegexFullMatch from './RegexFullMatch.ts';
import Reshape from './Reshape.ts';
import Resize from './Resize.ts';
import ReverseSequence from './ReverseSequence.ts';
import RotaryEmbedding from './RotaryEmbedding.ts';
import random from './random.ts';
import randomLike from './random-like.ts';
import recurrent from './recurrent.ts';
import reduction from './reduction.ts';
import regionPooling from './region-pooling.ts';
import Scan from './Scan.ts';
import SequenceMap from './SequenceMap.ts';
import Shape from './Shape.ts';
import Size from './Size.ts';
import Slice from './Slice.ts';
import Split from './Split.ts';
import SplitToSequence from './SplitToSequence.ts';
import Squeeze from './Squeeze.ts';
import STFT from './STFT.ts';
import StringConcat from './StringConcat.ts';
import StringNormalizer from './StringNormalizer.ts';
import StringSplit from './StringSplit.ts';
import scatter from './scatter.ts';
import sequence from './sequence.ts';
import softmax from './softmax.ts';
import TfIdfVectorizer from './TfIdfVectorizer.ts';
import Tile from './Tile.ts';
import TopK from './TopK.ts';
import Transpose from './Transpose.ts';
import TreeEnsemble from './TreeEnsemble.ts';
import Trilu from './Trilu.ts';
import Unique from './Unique.ts';
import Unsqueeze from './Unsqueeze.ts';
import Upsample from './Upsample.ts';
import variadic from './variadic.ts';
import Where from './Where.ts';
import windowFunction from './window-function.ts';
import ZipMap from './ZipMap.ts';

export const ops: readonly OpFamily[] = [
  AffineGrid,
  ArrayFeatureExtractor,
  Attention,
  BatchNormalization,
  BitCast,
  Cast,
  CategoryMapper,
  CenterCropPad,
  Clip,
  Col2Im,
  Compress,
  Concat,
  ConcatFromSequence,
  Constant,
  ConstantOfShape,
  ConvTranspose,
  DFT,
  DeformConv,
  DequantizeLinear,
  Det,
  Dropout,
  DynamicQuantizeLinear,
  Einsum,
  Expand,
  EyeLike,
  FeatureVectorizer,
  Flatten,
  FlexAttention,
  Gather,
  GatherElements,
  GatherND,
  Gemm,
  GridSample,
  Identity,
  If,
  ImageDecoder,
  LabelEncoder,
  LayerNormalization,
  Loop,
  MaxUnpool,
  MelWeightMatrix,
  Mod,
  Multinomial,
  NonMaxSuppression,
  NonZero,
  OneHot,
  OneHotEncoder,
  PRelu,
  Pad,
  QuantizeLinear,
  Range,
  RegexFullMatch,
  Reshape,
  Resize,
  ReverseSequence,
  RotaryEmbedding,
  STFT,
  Scan,
  SequenceMap,
  Shape,
  Size,
  Slice,
  Split,
  SplitToSequence,
  Squeeze,
  StringConcat,
  StringNormalizer,
  StringSplit,
  TfIdfVectorizer,
  Tile,
  TopK,
  Transpose,
  TreeEnsemble,
  Trilu,
  Unique,
  Unsqueeze,
  Upsample,
  Where,
  ZipMap,
  activation,
  argReduction,
  arithmetic,
  bitwise,
  brevitasQuant,
  classificationLoss,
  comparison,
  convolution,
  cumulative,
  depthSpace,
  elementwiseUnary,
  experimental,
  floatTest,
  globalPooling,
  matrixProduct,
  microsoftElementwise,
  microsoftQuantized,
  mlClassifier,
  mlElementwise,
  mlMap,
  mlRegressor,
  mlScaling,
  normalization,
  optimizer,
  optional,
  pooling,
  qonnxQuant,
  randomLike,
  random,
  recurrent,
  reduction,
  regionPooling,
  scatter,
  sequence,
  softmax,
  variadic,
  windowFunction,
];
