// https://keras.io/api/layers/reshaping_layers/cropping2d/

import type { LayerFamily } from '../layer.ts';
import { readSides } from '../sides.ts';
import { dataFormat, joinShape, splitShape } from '../spatial.ts';

const AXES: Readonly<Record<string, number>> = { Cropping1D: 1, Cropping2D: 2, Cropping3D: 3 };
const TO_THE_END = Number.MAX_SAFE_INTEGER;

export default {
  classNames: Object.keys(AXES),
  keepsDType: true,
  lower(layer) {
    const { input, config, className } = layer;
    const axes = AXES[className] ?? 2;
    const format = dataFormat(config);
    const { spatial, channels } = splitShape(layer, input, axes, format);
    const sides = readSides(layer, config.get('cropping'), axes);
    const output = spatial.map((length, axis) => {
      const [first, last] = sides[axis] ?? [0, 0];
      if (typeof length !== 'number') return layer.symbol(`length${axis}`);
      const left = length - first - last;
      return left > 0 ? left : layer.fail(`it cuts ${first + last} elements off an axis of ${length}`);
    });
    const start = format === 'channels_first' ? 2 : 1;
    const name = layer.add('Slice', [
      input.name,
      layer.ints(
        'starts',
        sides.map(([first]) => first),
      ),
      layer.ints(
        'ends',
        sides.map(([, last]) => (last === 0 ? TO_THE_END : -last)),
      ),
      layer.ints(
        'axes',
        sides.map((_, axis) => axis + start),
      ),
    ]);
    return { ...input, name, shape: joinShape(input.shape[0] ?? null, output, channels, format) };
  },
} satisfies LayerFamily;
