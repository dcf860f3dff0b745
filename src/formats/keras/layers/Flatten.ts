// https://keras.io/api/layers/reshaping_layers/flatten/
// channels_first moves the channels last before flattening, so that the weights after it fit either layout.

import { int } from '../../../graph/attribute.ts';
import type { Dim } from '../../../graph/model.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Flatten'],
  keepsDType: true,
  lower(layer) {
    const { input } = layer;
    const format = layer.config.string('data_format', 'channels_last');
    const rank = input.shape.length;
    let name = input.name;
    if (format === 'channels_first' && rank > 2) {
      const spatial = Array.from({ length: rank - 2 }, (_, index) => index + 2);
      const perm = int([0, ...spatial, 1]);
      name = layer.add('Transpose', [name], { suffix: 'to_channels_last', attributes: { perm } });
    }
    const rest = input.shape.slice(1);
    const isKnown = rest.every((dim) => typeof dim === 'number');
    const length: Dim = isKnown
      ? rest.reduce<number>((product, dim) => product * Number(dim), 1)
      : layer.symbol('length');
    return {
      ...input,
      name: layer.add('Flatten', [name], { attributes: { axis: int(1) } }),
      shape: [input.shape[0] ?? null, length],
    };
  },
} satisfies LayerFamily;
