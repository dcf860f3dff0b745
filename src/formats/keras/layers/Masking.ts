// https://keras.io/api/layers/core_layers/masking/
// Steps whose features all equal mask_value become zero, and are masked for the layers after.

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

const BOOL = 9;
const INT32 = 6;

export default {
  classNames: ['Masking'],
  lower(layer) {
    const { input, config } = layer;
    if (input.shape.length < 3) layer.refuse('its input has no time axis');
    const value = layer.number('mask_value', config.number('mask_value', 0));
    const same = layer.add('Equal', [input.name, value], { suffix: 'equal' });
    const other = layer.add('Cast', [layer.add('Not', [same], { suffix: 'other' })], {
      suffix: 'other_number',
      attributes: { to: int(INT32) },
    });
    const some = layer.add('ReduceMax', [other, layer.ints('last', [-1])], {
      suffix: 'some',
      attributes: { keepdims: int(1) },
    });
    const shown = layer.add('Cast', [some], { suffix: 'shown', attributes: { to: int(BOOL) } });
    const name = layer.add('Where', [shown, input.name, layer.number('zero', 0)]);
    const mask = layer.add('Squeeze', [shown, layer.ints('last', [-1])], { suffix: 'mask' });
    return { ...input, name, mask };
  },
} satisfies LayerFamily;
