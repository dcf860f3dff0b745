// https://keras.io/api/layers/pooling_layers/
// Padding is not part of an average.

import { int } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';
import { dataFormat, joinShape, slide, splitShape, withChannelsFirst } from '../spatial.ts';

type Row = { readonly opType: 'MaxPool' | 'AveragePool'; readonly axes: number };

const ROWS: Readonly<Record<string, Row>> = {
  MaxPooling1D: { opType: 'MaxPool', axes: 1 },
  MaxPooling2D: { opType: 'MaxPool', axes: 2 },
  MaxPooling3D: { opType: 'MaxPool', axes: 3 },
  AveragePooling1D: { opType: 'AveragePool', axes: 1 },
  AveragePooling2D: { opType: 'AveragePool', axes: 2 },
  AveragePooling3D: { opType: 'AveragePool', axes: 3 },
};

export default {
  classNames: Object.keys(ROWS),
  lower(layer) {
    const { input, config, className } = layer;
    const { opType, axes } = ROWS[className] ?? { opType: 'MaxPool', axes: 2 };
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const kernel = config.sizes('pool_size', axes, 2);
    const window = {
      kernel,
      strides: config.sizes('strides', axes, kernel),
      dilations: kernel.map(() => 1),
      padding: config.word('padding', ['valid', 'same'], 'valid'),
    } as const;
    const { attributes, output } = slide(layer, spatial, window);
    const name = withChannelsFirst(layer, input.name, axes + 2, format, (x) =>
      layer.add(opType, [x], {
        attributes: { ...attributes, kernel_shape: int(kernel), strides: int(window.strides) },
      }),
    );
    return { ...input, name, shape: joinShape(input.shape[0] ?? null, output, channels, format) };
  },
} satisfies LayerFamily;
