// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR: images to a given height and width.

import { int, string } from '../../../../graph/attribute.ts';
import { channelsFirst, channelsLast, withChannelsFirst } from '../channels.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'],
  lower(op) {
    const isLinear = op.opcode === 'RESIZE_BILINEAR';
    const hasCorners = op.flag('alignCorners');
    const hasCenters = op.flag('halfPixelCenters');
    const given = op.integers(1);
    const { shape } = op.input(0);
    const [batch, channels] = [shape[0], shape.at(-1)];
    // All four lengths where they are known: onnxruntime (1.30.0) loses `axes` when it takes a quantized Resize over.
    const isWhole = given !== undefined && typeof batch === 'number' && typeof channels === 'number';
    const whole = isWhole ? [batch, channels, ...given] : given;
    const sizes = whole ? op.ints('sizes', whole) : op.cast(op.stored(1), 'int64', 'sizes');
    // Where corners meet, the nearest pixel is the rounded one; with centers, ONNX counts them half a pixel lower.
    const nearest = hasCorners || hasCenters ? 'round_prefer_ceil' : 'floor';
    const attributes = {
      ...(isWhole ? {} : { axes: int([2, 3]) }),
      mode: string(isLinear ? 'linear' : 'nearest'),
      coordinate_transformation_mode: string(
        hasCorners ? 'align_corners' : hasCenters ? 'half_pixel' : 'asymmetric',
      ),
      nearest_mode: string(isLinear ? 'round_prefer_floor' : nearest),
    };
    if (isLinear) {
      const resized = op.emit('Resize', [op.arranged(0, channelsFirst(4)), '', '', sizes], { attributes });
      op.giveLike(0, resized, 0, channelsLast(4));
      return;
    }
    const { inputs, give } = op.carry([0], ['int16']);
    const resize = (x: string) => op.emit('Resize', [x, '', '', sizes], { attributes });
    give(0, withChannelsFirst(op, inputs[0] ?? '', 4, resize));
  },
} satisfies OperatorFamily;
