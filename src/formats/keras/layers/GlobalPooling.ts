// https://keras.io/api/layers/pooling_layers/global_average_pooling2d/
// One number per channel: a reduction over the spatial axes, wherever the channels are.

import { int } from '../../../graph/attribute.ts';
import type { Attribute } from '../../../graph/model.ts';
import type { Layer, LayerFamily } from '../layer.ts';
import { type DataFormat, dataFormat, joinShape, splitShape } from '../spatial.ts';

type Row = { readonly opType: 'ReduceMax' | 'ReduceMean'; readonly axes: number };

const ROWS: Readonly<Record<string, Row>> = {
  GlobalMaxPooling1D: { opType: 'ReduceMax', axes: 1 },
  GlobalMaxPooling2D: { opType: 'ReduceMax', axes: 2 },
  GlobalMaxPooling3D: { opType: 'ReduceMax', axes: 3 },
  GlobalAveragePooling1D: { opType: 'ReduceMean', axes: 1 },
  GlobalAveragePooling2D: { opType: 'ReduceMean', axes: 2 },
  GlobalAveragePooling3D: { opType: 'ReduceMean', axes: 3 },
};

export default {
  classNames: Object.keys(ROWS),
  masks: 'own',
  lower(layer) {
    const { input, config, className } = layer;
    const { opType, axes } = ROWS[className] ?? { opType: 'ReduceMean', axes: 2 };
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const keepsAxes = config.boolean('keepdims', false);
    const first = format === 'channels_first' ? 2 : 1;
    const reduced = layer.ints(
      'axes',
      spatial.map((_, axis) => axis + first),
    );
    const attributes = { keepdims: int(keepsAxes ? 1 : 0) };
    const name =
      className === 'GlobalAveragePooling1D' && input.mask !== undefined
        ? maskedMean(layer, input.name, input.mask, reduced, format, attributes)
        : layer.add(opType, [input.name, reduced], { attributes });
    const batch = input.shape[0] ?? null;
    const shape = keepsAxes
      ? joinShape(
          batch,
          spatial.map(() => 1),
          channels,
          format,
        )
      : [batch, channels];
    return { name, dtype: input.dtype, shape };
  },
} satisfies LayerFamily;

/** The mean of the steps to be seen alone. */
function maskedMean(
  layer: Layer,
  value: string,
  mask: string,
  axes: string,
  format: DataFormat,
  attributes: Readonly<Record<string, Attribute>>,
): string {
  const channels = layer.ints('mask_axis', [format === 'channels_first' ? 1 : -1]);
  const shown = layer.add('Unsqueeze', [mask, channels], { suffix: 'shown' });
  const weights = layer.add('Where', [shown, layer.number('one', 1), layer.number('zero', 0)], {
    suffix: 'weights',
  });
  const kept = layer.add('Mul', [value, weights], { suffix: 'kept' });
  const total = layer.add('ReduceSum', [kept, axes], { suffix: 'total', attributes });
  const count = layer.add('ReduceSum', [weights, axes], { suffix: 'count', attributes });
  return layer.add('Div', [total, count]);
}
