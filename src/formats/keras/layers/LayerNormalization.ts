// https://keras.io/api/layers/normalization_layers/layer_normalization/
// Over some axes of each sample. Keras' gamma and beta have the shape of the normalised axes, as ONNX wants them.
//
// With rms_scaling (early Keras 3) it is x * gamma / sqrt(variance + epsilon): divided by the deviation from the mean, but
// the mean is not subtracted, and there is no beta. RMSNormalization, which took its place, is something else again.

import { float, int } from '../../../graph/attribute.ts';
import { permuted } from '../channel-axis.ts';
import type { LayerConfig } from '../config.ts';
import type { Layer, LayerFamily } from '../layer.ts';
import { alongAxes, normalizedAxes } from '../normalized-axes.ts';

export default {
  classNames: ['LayerNormalization'],
  weights: (config) => [
    ...(config.boolean('scale', true) || isRms(config) ? [{ name: 'gamma', isTrained: true }] : []),
    ...(config.boolean('center', true) && !isRms(config) ? [{ name: 'beta', isTrained: true }] : []),
  ],
  masks: 'pass',
  lower(layer) {
    const { input, config } = layer;
    const rank = input.shape.length;
    const axes = normalizedAxes(layer, rank);
    if (isRms(config)) return { ...input, name: divided(layer, axes) };
    const dims = axes.map((axis) => input.shape[axis]).map((dim) => (typeof dim === 'number' ? dim : null));
    const hasGamma = config.boolean('scale', true);
    if (!hasGamma && dims.includes(null)) layer.fail('the length of the normalised axes is not known');
    const known = dims.map((dim) => dim ?? 0);
    const ones = () => layer.numbers('ones', new Array(sizeOf(layer, known)).fill(1), known);
    const gamma = hasGamma ? layer.parameter('gamma', dims).name : ones();
    const beta = config.boolean('center', true) ? [layer.parameter('beta', dims).name] : [];
    const first = rank - axes.length;
    const normalize = (x: string) =>
      layer.add('LayerNormalization', [x, gamma, ...beta], {
        attributes: { axis: int(first), epsilon: float(config.number('epsilon', 1e-3)) },
      });
    // ONNX normalises the last axes.
    if (axes[0] === first) return { ...input, name: normalize(input.name) };
    const others = input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const suffixes = ['to_last_axes', 'from_last_axes'] as const;
    return { ...input, name: permuted(layer, input.name, [...others, ...axes], suffixes, normalize) };
  },
} satisfies LayerFamily;

function isRms(config: LayerConfig): boolean {
  return config.boolean('rms_scaling', false);
}

function divided(layer: Layer, axes: readonly number[]): string {
  const { input, config } = layer;
  for (const key of ['scale', 'center']) config.get(key);
  const mean = (x: string, suffix: string) =>
    layer.add('ReduceMean', [x, layer.ints('axes', axes)], { suffix, attributes: { keepdims: int(1) } });
  const centred = layer.add('Sub', [input.name, mean(input.name, 'mean')], { suffix: 'centred' });
  const variance = mean(layer.add('Mul', [centred, centred], { suffix: 'squares' }), 'variance');
  const shifted = layer.add('Add', [variance, layer.number('epsilon', config.number('epsilon', 1e-3))], {
    suffix: 'shifted',
  });
  const root = layer.add('Sqrt', [shifted], { suffix: 'root' });
  const scaled = layer.add('Div', [input.name, root], { suffix: 'scaled' });
  return layer.add('Mul', [scaled, alongAxes(layer, 'gamma', axes)]);
}

const MOST_ONES = 2 ** 24;

function sizeOf(layer: Layer, dims: readonly number[]): number {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return size <= MOST_ONES ? size : layer.fail(`it normalises ${size} numbers at once`);
}
