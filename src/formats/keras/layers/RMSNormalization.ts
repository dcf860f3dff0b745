// https://keras.io/api/layers/normalization_layers/rms_normalization/
// scale * x / sqrt(mean(x²) + epsilon). ONNX has an operator for it from opset 23 on.

import { int } from '../../../graph/attribute.ts';
import type { Layer, LayerFamily } from '../layer.ts';
import { alongAxes, normalizedAxes } from '../normalized-axes.ts';

export default {
  classNames: ['RMSNormalization'],
  weights: () => [{ name: 'scale', isTrained: true }],
  masks: 'pass',
  lower(layer) {
    const { input, config } = layer;
    const axes = normalizedAxes(layer, input.shape.length);
    const normal = meanSquareNormalized(layer, input.name, axes, config.number('epsilon', 1e-6));
    return { ...input, name: layer.add('Mul', [normal, alongAxes(layer, 'scale', axes)]) };
  },
} satisfies LayerFamily;

/** x / sqrt(mean(x²) + epsilon) */
function meanSquareNormalized(layer: Layer, x: string, axes: readonly number[], epsilon: number): string {
  const squares = layer.add('Mul', [x, x], { suffix: 'squares' });
  const mean = layer.add('ReduceMean', [squares, layer.ints('axes', axes)], {
    suffix: 'mean_square',
    attributes: { keepdims: int(1) },
  });
  const shifted = layer.add('Add', [mean, layer.number('epsilon', epsilon)], { suffix: 'shifted' });
  return layer.add('Div', [x, layer.add('Sqrt', [shifted], { suffix: 'root' })], { suffix: 'normalized' });
}
