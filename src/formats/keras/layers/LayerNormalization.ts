// https://keras.io/api/layers/normalization_layers/layer_normalization/
// Over the last axes of each sample. Keras' gamma and beta have the shape of the normalised axes, as ONNX wants them.

import { float, int } from '../../../graph/attribute.ts';
import type { Layer, LayerFamily } from '../layer.ts';

export default {
  classNames: ['LayerNormalization'],
  weights: (config) => [
    ...(config.boolean('scale', true) ? [{ name: 'gamma', isTrained: true }] : []),
    ...(config.boolean('center', true) ? [{ name: 'beta', isTrained: true }] : []),
  ],
  problem: (config) =>
    config.boolean('rms_scaling', false) ? 'rms_scaling is not supported yet' : undefined,
  lower(layer) {
    const { input, config } = layer;
    const first = firstAxis(layer, input.shape.length);
    const dims = input.shape.slice(first).map((dim) => (typeof dim === 'number' ? dim : null));
    const isKnown = dims.every((dim) => dim !== null);
    const hasGamma = config.boolean('scale', true);
    if (!hasGamma && !isKnown) layer.fail('the length of the normalised axes is not known');
    const known = dims.map((dim) => dim ?? 0);
    const ones = () => layer.numbers('ones', new Array(sizeOf(layer, known)).fill(1), known);
    const gamma = hasGamma ? layer.parameter('gamma', dims).name : ones();
    const beta = config.boolean('center', true) ? [layer.parameter('beta', dims).name] : [];
    const name = layer.add('LayerNormalization', [input.name, gamma, ...beta], {
      attributes: { axis: int(first), epsilon: float(config.number('epsilon', 1e-3)) },
    });
    return { ...input, name };
  },
} satisfies LayerFamily;

const MOST_ONES = 2 ** 24;

function sizeOf(layer: Layer, dims: readonly number[]): number {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return size <= MOST_ONES ? size : layer.fail(`it normalises ${size} numbers at once`);
}

function firstAxis(layer: Layer, rank: number): number {
  const { config } = layer;
  const given = config.get('axis') === undefined ? [-1] : config.list('axis');
  const axes = given.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  const first = axes[0] ?? rank - 1;
  const isTail = axes.every((axis, index) => axis === first + index) && first + axes.length === rank;
  if (!isTail || first < 1)
    layer.fail(`it normalises the axes ${given.join(', ')}, which are not the last ones`);
  return first;
}
