// https://keras.io/api/layers/reshaping_layers/zero_padding2d/

import type { LayerFamily } from '../layer.ts';
import { readSides } from '../sides.ts';
import { dataFormat, joinShape, splitShape } from '../spatial.ts';

const AXES: Readonly<Record<string, number>> = { ZeroPadding1D: 1, ZeroPadding2D: 2, ZeroPadding3D: 3 };

export default {
  classNames: Object.keys(AXES),
  keepsDType: true,
  lower(layer) {
    const { input, config, className } = layer;
    const axes = AXES[className] ?? 2;
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const sides = readSides(layer, config.get('padding'), axes);
    const before = joinShape(
      0,
      sides.map(([first]) => first),
      0,
      format,
    );
    const after = joinShape(
      0,
      sides.map(([, last]) => last),
      0,
      format,
    );
    const pads = layer.ints('pads', [...before, ...after].map(Number));
    const output = spatial.map((length, axis) => {
      const [first, last] = sides[axis] ?? [0, 0];
      return typeof length === 'number' ? length + first + last : layer.symbol(`length${axis}`);
    });
    const name = layer.add('Pad', [input.name, pads]);
    return { ...input, name, shape: joinShape(input.shape[0] ?? null, output, channels, format) };
  },
} satisfies LayerFamily;
