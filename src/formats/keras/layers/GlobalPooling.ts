// https://keras.io/api/layers/pooling_layers/global_average_pooling2d/
// One number per channel: a reduction over the spatial axes, wherever the channels are.

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, splitShape } from '../spatial.ts';

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
    const name = layer.add(opType, [input.name, reduced], {
      attributes: { keepdims: int(keepsAxes ? 1 : 0) },
    });
    const batch = input.shape[0] ?? null;
    const shape = keepsAxes
      ? joinShape(
          batch,
          spatial.map(() => 1),
          channels,
          format,
        )
      : [batch, channels];
    return { ...input, name, shape };
  },
} satisfies LayerFamily;
