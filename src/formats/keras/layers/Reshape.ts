// https://keras.io/api/layers/reshaping_layers/reshape/
// The batch axis stays; one target axis may be -1.

import type { Dim } from '../../../graph/model.ts';
import type { LayerFamily } from '../layer.ts';

export default {
  classNames: ['Reshape'],
  keepsDType: true,
  lower(layer) {
    const { input, config } = layer;
    const target = config.list('target_shape').map((dim) => (dim < 0 ? -1 : dim));
    const open = target.indexOf(-1);
    if (open >= 0 && target.indexOf(-1, open + 1) >= 0) layer.fail('target_shape has more than one -1');
    const rest = input.shape.slice(1);
    const shape: Dim[] = [input.shape[0] ?? null, ...target];
    if (rest.every((dim) => typeof dim === 'number')) {
      const total = rest.reduce<number>((product, dim) => product * Number(dim), 1);
      const stated = target.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
      const missing = total / stated;
      const fits = open >= 0 ? Number.isInteger(missing) : total === stated;
      if (!fits) layer.fail(`${total} numbers cannot become ${target.join(' x ')}`);
      if (open >= 0) shape[open + 1] = missing;
    } else if (open >= 0) {
      shape[open + 1] = layer.symbol('length');
    }
    // In ONNX 0 copies the axis of the input, here the batch.
    const name = layer.add('Reshape', [input.name, layer.ints('target_shape', [0, ...target])]);
    return { ...input, name, shape };
  },
} satisfies LayerFamily;
