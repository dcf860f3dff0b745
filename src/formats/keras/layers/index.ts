// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { LayerFamily } from '../layer.ts';
import Activation from './Activation.ts';
import AdaptivePooling from './AdaptivePooling.ts';
import Attention from './Attention.ts';
import AutoContrast from './AutoContrast.ts';
import augmentation from './augmentation.ts';
import BatchNormalization from './BatchNormalization.ts';
import Bidirectional from './Bidirectional.ts';
import CategoryEncoding from './CategoryEncoding.ts';
import CenterCrop from './CenterCrop.ts';
import Concatenate from './Concatenate.ts';
import Conv from './Conv.ts';
import ConvTranspose from './ConvTranspose.ts';
import Cropping from './Cropping.ts';
import Dense from './Dense.ts';
import DepthwiseConv from './DepthwiseConv.ts';
import Discretization from './Discretization.ts';
import Dot from './Dot.ts';
import EinsumDense from './EinsumDense.ts';
import Embedding from './Embedding.ts';
import elementwise from './elementwise.ts';
import Flatten from './Flatten.ts';
import GlobalPooling from './GlobalPooling.ts';
import GroupNormalization from './GroupNormalization.ts';
import InputLayer from './InputLayer.ts';
import keras1Activations from './keras1-activations.ts';
import keras1Dense from './keras1-dense.ts';
import LayerNormalization from './LayerNormalization.ts';
import LocallyConnected from './LocallyConnected.ts';
import Lookup from './Lookup.ts';
import leaky from './leaky.ts';
import Masking from './Masking.ts';
import Merge from './Merge.ts';
import MultiHeadAttention from './MultiHeadAttention.ts';
import Normalization from './Normalization.ts';
import noOp from './no-op.ts';
import operatorsArrange from './operators-arrange.ts';
import operatorsElementwise from './operators-elementwise.ts';
import operatorsReduce from './operators-reduce.ts';
import operatorsShape from './operators-shape.ts';
import Permute from './Permute.ts';
import Pooling from './Pooling.ts';
import PReLU from './PReLU.ts';
import RandomCrop from './RandomCrop.ts';
import RandomFourierFeatures from './RandomFourierFeatures.ts';
import ReLU from './ReLU.ts';
import RepeatVector from './RepeatVector.ts';
import Rescaling from './Rescaling.ts';
import Reshape from './Reshape.ts';
import Resizing from './Resizing.ts';
import ReversibleEmbedding from './ReversibleEmbedding.ts';
import RMSNormalization from './RMSNormalization.ts';
import RNN from './RNN.ts';
import recurrent from './recurrent.ts';
import SeparableConv from './SeparableConv.ts';
import Softmax from './Softmax.ts';
import SpectralNormalization from './SpectralNormalization.ts';
import STFTSpectrogram from './STFTSpectrogram.ts';
import TextVectorization from './TextVectorization.ts';
import TimeDistributed from './TimeDistributed.ts';
import UnitNormalization from './UnitNormalization.ts';
import UpSampling from './UpSampling.ts';
import ZeroPadding from './ZeroPadding.ts';

export const layers: readonly LayerFamily[] = [
  Activation,
  AdaptivePooling,
  Attention,
  AutoContrast,
  BatchNormalization,
  Bidirectional,
  CategoryEncoding,
  CenterCrop,
  Concatenate,
  Conv,
  ConvTranspose,
  Cropping,
  Dense,
  DepthwiseConv,
  Discretization,
  Dot,
  EinsumDense,
  Embedding,
  Flatten,
  GlobalPooling,
  GroupNormalization,
  InputLayer,
  LayerNormalization,
  LocallyConnected,
  Lookup,
  Masking,
  Merge,
  MultiHeadAttention,
  Normalization,
  PReLU,
  Permute,
  Pooling,
  RMSNormalization,
  RNN,
  RandomCrop,
  RandomFourierFeatures,
  ReLU,
  RepeatVector,
  Rescaling,
  Reshape,
  Resizing,
  ReversibleEmbedding,
  STFTSpectrogram,
  SeparableConv,
  Softmax,
  SpectralNormalization,
  TextVectorization,
  TimeDistributed,
  UnitNormalization,
  UpSampling,
  ZeroPadding,
  augmentation,
  elementwise,
  keras1Activations,
  keras1Dense,
  leaky,
  noOp,
  operatorsArrange,
  operatorsElementwise,
  operatorsReduce,
  operatorsShape,
  recurrent,
];
