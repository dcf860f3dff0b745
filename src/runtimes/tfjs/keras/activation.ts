// Names of activations, from Keras' to those tfjs-layers and activations.ts know.

import type { Dict } from './layers.ts';
import { Unsupported } from './unsupported.ts';

const own: Readonly<Record<string, string>> = {
  exponential: 'mlctlExponential',
  leaky_relu: 'mlctlLeakyRelu',
  silu: 'mlctlSilu',
  swish: 'mlctlSilu',
  hard_silu: 'mlctlHardSilu',
  hard_swish: 'mlctlHardSilu',
  hard_tanh: 'mlctlHardTanh',
  tanh_shrink: 'mlctlTanhShrink',
  log_sigmoid: 'mlctlLogSigmoid',
  log_softmax: 'mlctlLogSoftmax',
  softplus: 'mlctlSoftplus',
  celu: 'mlctlCelu',
};

/** Null stays null: no activation. */
export function activationName(value: unknown, major: number): unknown {
  if (value === null || value === undefined) return null;
  const name = typeof value === 'string' ? value : named(value as Dict);
  if (name === 'hard_sigmoid') return major >= 3 ? 'mlctlHardSigmoid3' : 'hardSigmoid';
  return Object.hasOwn(own, name) ? own[name] : name;
}

/** Keras 3, and Keras 2 with a layer as activation, write an object. */
function named(value: Dict): string {
  const { class_name, config } = value;
  if (class_name === 'function' && typeof config === 'string') return config;
  const options = typeof config === 'object' && config !== null ? (config as Dict) : {};
  const name = String(class_name).toLowerCase();
  if (name === 'relu' && options.max_value === 6) return 'relu6';
  const isPlain = ['max_value', 'negative_slope', 'threshold'].every((key) => !options[key]);
  if (isPlain && ['relu', 'softmax', 'elu', 'linear'].includes(name)) return name;
  throw new Unsupported(`a ${String(class_name)} object as activation`);
}
