// Keras 1 spells layers and arguments differently: renames them to Keras 2.
// https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes

import type { Dict, NamedConfig } from './layers.ts';
import { Unsupported } from './unsupported.ts';

const classes: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  AtrousConvolution1D: 'Conv1D',
  AtrousConvolution2D: 'Conv2D',
  Deconvolution2D: 'Conv2DTranspose',
  SeparableConvolution2D: 'SeparableConv2D',
  TimeDistributedDense: 'Dense', // a Dense layer works on the last axis whatever the rank
};

const keys: Readonly<Record<string, string>> = {
  output_dim: 'units',
  bias: 'use_bias',
  nb_filter: 'filters',
  filter_length: 'kernel_size',
  subsample: 'strides',
  subsample_length: 'strides',
  atrous_rate: 'dilation_rate',
  border_mode: 'padding',
  pool_length: 'pool_size',
  stride: 'strides',
  inner_activation: 'recurrent_activation',
  concat_axis: 'axis',
};

const merges: Readonly<Record<string, string>> = {
  sum: 'Add',
  mul: 'Multiply',
  concat: 'Concatenate',
  ave: 'Average',
  max: 'Maximum',
  dot: 'Dot',
};

export function renameKeras1({ class_name, config }: NamedConfig): NamedConfig {
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) renamed[lookUp(keys, key) ?? key] = value;
  if (config.nb_row !== undefined) renamed.kernel_size = [config.nb_row, config.nb_col];
  if (config.dim_ordering !== undefined) {
    renamed.data_format = config.dim_ordering === 'th' ? 'channels_first' : 'channels_last';
  }
  if (config.p !== undefined && class_name.includes('Dropout')) renamed.rate = config.p;
  if (class_name === 'Embedding') renamed.output_dim = config.output_dim;
  if (class_name === 'UpSampling1D' && config.length !== undefined) renamed.size = config.length;
  if (class_name === 'BatchNormalization' && config.mode !== undefined && config.mode !== 0) {
    throw new Unsupported(`BatchNormalization of Keras 1 in mode ${String(config.mode)}`);
  }
  if (class_name === 'Merge') return merge(config, renamed);
  if (class_name === 'ZeroPadding2D' || class_name === 'ZeroPadding1D') padding(renamed);
  return { class_name: lookUp(classes, class_name) ?? class_name, config: renamed };
}

function lookUp(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function merge(config: Dict, renamed: Record<string, unknown>): NamedConfig {
  const className = lookUp(merges, String(config.mode));
  if (className === undefined || (Array.isArray(config.layers) && config.layers.length > 0)) {
    throw new Unsupported(`a Merge layer of Keras 1 in mode ${String(config.mode)}`);
  }
  if (className === 'Dot') renamed.axes = config.dot_axes;
  return { class_name: className, config: renamed };
}

/** Four numbers are top, bottom, left, right; so are the words of a dictionary. */
function padding(renamed: Record<string, unknown>): void {
  const given = renamed.padding;
  if (Array.isArray(given) && given.length === 4) {
    renamed.padding = [
      [given[0], given[1]],
      [given[2], given[3]],
    ];
  } else if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    const sides = given as Dict;
    const side = (name: string) => sides[`${name}_pad`] ?? 0;
    renamed.padding = [
      [side('top'), side('bottom')],
      [side('left'), side('right')],
    ];
  }
}
