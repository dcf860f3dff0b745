// Says a Keras 1 layer in the words of Keras 2 and 3.
// https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes (renamed layers and arguments)

import type { Dialect } from './spec.ts';

const CLASSES: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  Convolution3D: 'Conv3D',
  AtrousConvolution1D: 'Conv1D',
  AtrousConvolution2D: 'Conv2D',
  AtrousConv1D: 'Conv1D',
  AtrousConv2D: 'Conv2D',
  Deconvolution2D: 'Conv2DTranspose',
  Deconv2D: 'Conv2DTranspose',
  Deconvolution3D: 'Conv3DTranspose',
  SeparableConvolution2D: 'SeparableConv2D',
  // A Dense applied to the last axis of a sequence, which is what Dense does to any rank.
  TimeDistributedDense: 'Dense',
};

/** New name of a key that has one value under both names. */
const KEYS: Readonly<Record<string, string>> = {
  nb_filter: 'filters',
  filter_length: 'kernel_size',
  subsample: 'strides',
  subsample_length: 'strides',
  border_mode: 'padding',
  atrous_rate: 'dilation_rate',
  bias: 'use_bias',
  pool_length: 'pool_size',
  stride: 'strides',
  p: 'rate',
  sigma: 'stddev',
  inner_activation: 'recurrent_activation',
};

/** Keys of training, without a meaning when a model runs. */
const DROPPED = new Set([
  'init',
  'inner_init',
  'forget_bias_init',
  'W_regularizer',
  'b_regularizer',
  'U_regularizer',
  'W_constraint',
  'b_constraint',
  'gamma_regularizer',
  'beta_regularizer',
  'gamma_init',
  'beta_init',
  'weights',
]);

type Config = Readonly<Record<string, unknown>>;

export function translateKeras1(
  className: string,
  config: Config,
  dialect: Dialect,
): { className: string; config: Config } {
  if (dialect.major !== 1) return { className, config };
  const translated: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    if (DROPPED.has(key)) continue;
    translated[KEYS[key] ?? key] = value;
  }
  const name = CLASSES[className] ?? className;
  if ('nb_row' in config) translated.kernel_size = [config.nb_row, config.nb_col];
  if ('dim_ordering' in config) translated.data_format = dataFormat(config.dim_ordering, dialect);
  if ('output_dim' in config && name !== 'Embedding') translated.units = config.output_dim;
  if (className === 'ZeroPadding1D' || className === 'ZeroPadding2D') translated.padding = config.padding;
  if (className === 'UpSampling1D') translated.size = config.length;
  // Shapes given for the first layer are repeated in batch_input_shape.
  if (name !== 'Embedding') {
    delete translated.output_dim;
    delete translated.input_dim;
  }
  for (const key of ['nb_row', 'nb_col', 'dim_ordering', 'input_length', 'length']) delete translated[key];
  return { className: name, config: translated };
}

function dataFormat(ordering: unknown, dialect: Dialect): string {
  if (ordering === 'th') return 'channels_first';
  if (ordering === 'tf') return 'channels_last';
  return dialect.backend === 'theano' ? 'channels_first' : 'channels_last';
}
