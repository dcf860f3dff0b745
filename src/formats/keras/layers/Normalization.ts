// https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
// (x - mean) / max(sqrt(variance), 1e-7), with the statistics the layer learned from data or was given.

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Normalization'],
  weights: (config) =>
    isGiven(config.get('mean'))
      ? []
      : ['mean', 'variance', 'count'].map((name) => ({ name, isTrained: false })),
  problem(config) {
    if (config.boolean('invert', false)) return 'invert is not supported yet';
    if (isGiven(config.get('mean'))) return 'statistics given in the configuration are not supported yet';
    const axis = config.get('axis');
    const axes = axis === undefined ? [-1] : axis === null ? [] : config.list('axis');
    return axes.length > 1 ? 'statistics for more than one axis are not supported yet' : undefined;
  },
  lower(layer) {
    const { input, config } = layer;
    config.get('invert');
    config.get('variance');
    const rank = input.shape.length;
    const axis =
      config.get('axis') === null
        ? undefined
        : (config.get('axis') === undefined ? [-1] : config.list('axis'))[0];
    const at = axis === undefined ? undefined : axis < 0 ? axis + rank : axis;
    const size = at === undefined ? undefined : input.shape[at];
    const dims = at === undefined ? [] : [typeof size === 'number' ? size : null];
    const broadcast = (length: number) =>
      at === undefined ? [] : [length, ...new Array(rank - at - 1).fill(1)];
    const mean = layer.parameter('mean', dims, (tensor) => ({
      ...tensor,
      dims: broadcast(tensor.dims[0] ?? 1),
    }));
    const variance = layer.parameter('variance', dims, (tensor) => ({ ...tensor, dims: mean.dims }));
    const deviation = layer.add('Sqrt', [variance.name], { suffix: 'sqrt' });
    const safe = layer.add('Max', [deviation, layer.number('epsilon', 1e-7)], { suffix: 'max' });
    const centred = layer.add('Sub', [input.name, mean.name], { suffix: 'sub' });
    return { ...input, name: layer.add('Div', [centred, safe]) };
  },
} satisfies LayerFamily;

function isGiven(mean: unknown): boolean {
  return mean !== null && mean !== undefined;
}
