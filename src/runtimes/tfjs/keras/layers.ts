// Rewrites the config of one Keras layer for tfjs-layers: what only matters in training goes, options tfjs ignores
// select a layer of our own (custom-layers.ts), and spellings of Keras 3 become those of Keras 2.

import { ZEROS } from '../weight-budget.ts';
import { activationName } from './activation.ts';
import { Unsupported } from './unsupported.ts';

export type Dict = Readonly<Record<string, unknown>>;
export type NamedConfig = { readonly class_name: string; readonly config: Dict };

/** Edits the config; returns the class to use instead. */
type Rule = (config: Record<string, unknown>) => string | undefined;

export function rewriteLayer({ class_name, config }: NamedConfig, major: number): NamedConfig {
  const cleaned = clean(config, major);
  if (class_name.startsWith('Separable')) delete cleaned.kernel_initializer; // tfjs refuses it beside the other two
  if (noOps.has(class_name))
    return { class_name: 'Activation', config: { ...cleaned, activation: 'linear' } };
  if (class_name === 'Lambda') throw new Unsupported('a Lambda layer, whose code is never run');
  const rule = Object.hasOwn(rules, class_name) ? rules[class_name] : undefined;
  const replacement = rule?.(cleaned);
  return { class_name: replacement ?? class_name, config: cleaned };
}

/** Layers that do nothing once training is over. */
const noOps = new Set([
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
  'GaussianDropout',
  'GaussianNoise',
  'AlphaDropout',
  'ActivityRegularization',
  'Identity',
]);

// Every weight is set from the file afterwards.
const initializers = [
  'kernel_initializer',
  'recurrent_initializer',
  'bias_initializer',
  'depthwise_initializer',
  'pointwise_initializer',
  'embeddings_initializer',
  'alpha_initializer',
  'gamma_initializer',
  'beta_initializer',
  'moving_mean_initializer',
  'moving_variance_initializer',
];

const unread =
  /_(initializer|regularizer|constraint)$|^(init|inner_init|forget_bias_init|input_dtype|input_dim|input_length|build_config|implementation|module|registered_name|activity_regularizer|dtype_policy|autocast)$/;

function clean(config: Dict, major: number): Record<string, unknown> {
  const cleaned: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    if (unread.test(key) || key === 'dtype') continue;
    if (key === 'input_shape' || key === 'batch_shape') continue;
    cleaned[key] = key.endsWith('activation') ? activationName(value, major) : value;
  }
  // tfjs makes dropout masks even when it does not train, and never frees them.
  for (const key of ['dropout', 'recurrent_dropout']) if (key in cleaned) cleaned[key] = 0;
  if ('unit_forget_bias' in cleaned) cleaned.unit_forget_bias = false; // the file's bias follows; tfjs leaks its own
  // Embedding is the one layer where these are part of its size.
  if ('input_dim' in config && 'output_dim' in cleaned) cleaned.input_dim = config.input_dim;
  for (const key of initializers) cleaned[key] = ZEROS;
  const shape = config.batch_input_shape ?? config.batch_shape;
  if (Array.isArray(shape)) cleaned.batch_input_shape = shape;
  const dtype = config.dtype ?? config.input_dtype;
  if (Array.isArray(shape) && dtype !== undefined) {
    cleaned.dtype = inputDtype(dtype);
    cleaned[DECLARED] = declaredDtype(dtype);
  }
  return cleaned;
}

/** Where an input keeps the dtype the file declares, which tfjs may not have. */
export const DECLARED = 'mlctl_declared_dtype';

/** tfjs has float32, int32 and bool. */
function inputDtype(dtype: unknown): string {
  const declared = declaredDtype(dtype);
  if (declared === 'string') throw new Unsupported('an input of strings');
  if (declared.includes('int')) return 'int32';
  return declared === 'bool' ? 'bool' : 'float32';
}

function declaredDtype(dtype: unknown): string {
  const policy =
    typeof dtype === 'object' && dtype !== null ? (dtype as { config?: Dict }).config : undefined;
  return String(policy?.name ?? dtype);
}

const convolution: Rule = (config) => {
  const isGrouped = typeof config.groups === 'number' && config.groups !== 1;
  return config.padding === 'causal' || isGrouped ? 'MlctlConv' : undefined;
};

const globalPooling =
  (className: string): Rule =>
  (config) =>
    config.keepdims === true || config.data_format === 'channels_first' ? className : undefined;

const isUnset = (value: unknown) => value === undefined || value === null || value === 0;

const rules: Readonly<Record<string, Rule>> = {
  Conv1D: convolution,
  Conv2D: convolution,
  GlobalAveragePooling1D: globalPooling('MlctlGlobalAverage'),
  GlobalAveragePooling2D: globalPooling('MlctlGlobalAverage'),
  GlobalAveragePooling3D: () => 'MlctlGlobalAverage',
  GlobalMaxPooling1D: globalPooling('MlctlGlobalMax'),
  GlobalMaxPooling2D: globalPooling('MlctlGlobalMax'),
  GlobalMaxPooling3D: () => 'MlctlGlobalMax',
  PReLU: () => 'MlctlPReLU',
  Dot: () => 'MlctlDot',
  Softmax: () => 'MlctlSoftmax',
  ELU: () => 'MlctlELU',

  ReLU(config) {
    config.negative_slope ??= 0;
    return isUnset(config.negative_slope) && isUnset(config.threshold) ? undefined : 'MlctlReLU';
  },

  LeakyReLU(config) {
    config.alpha ??= config.negative_slope ?? 0.3; // Keras 3 renamed it
    return undefined;
  },

  BatchNormalization(config) {
    if (Array.isArray(config.axis)) {
      if (config.axis.length !== 1) throw new Unsupported('BatchNormalization over several axes');
      config.axis = config.axis[0];
    }
    return 'MlctlBatchNormalization';
  },

  UpSampling2D: (config) => (config.interpolation === 'bilinear' ? 'MlctlBilinear' : undefined),

  Conv2DTranspose(config) {
    if (!isUnset(config.output_padding)) throw new Unsupported('Conv2DTranspose with output_padding');
    const dilation = config.dilation_rate;
    const isDilated = Array.isArray(dilation) ? dilation.some((rate) => rate !== 1) : (dilation ?? 1) !== 1;
    if (isDilated) throw new Unsupported('a dilated Conv2DTranspose');
    return undefined;
  },
};
