// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR: images to a given height and width.

import { int, string } from '../../../../graph/attribute.ts';
import { toChannelsFirst, toChannelsLast } from '../channels.ts';
import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'],
  lower(op) {
    const isLinear = op.opcode === 'RESIZE_BILINEAR';
    const hasCorners = op.flag('alignCorners');
    const hasCenters = op.flag('halfPixelCenters');
    const given = op.integers(1);
    const sizes = given ? op.ints('sizes', given) : op.cast(op.stored(1), 'int64', 'sizes');
    // Where corners meet, the nearest pixel is the rounded one; with centers, ONNX counts them half a pixel lower.
    const nearest = hasCorners || hasCenters ? 'round_prefer_ceil' : 'floor';
    const { inputs, give } = op.carry([0], isLinear ? ['int8', 'uint8', 'int16', 'int32'] : ['int16']);
    const x = toChannelsFirst(op, inputs[0] ?? '', 4);
    const resized = op.emit('Resize', [x, '', '', sizes], {
      attributes: {
        axes: int([2, 3]),
        mode: string(isLinear ? 'linear' : 'nearest'),
        coordinate_transformation_mode: string(hasCorners ? 'align_corners' : hasCenters ? 'half_pixel' : 'asymmetric'),
        nearest_mode: string(isLinear ? 'round_prefer_floor' : nearest),
      },
    });
    give(0, toChannelsLast(op, resized, 4));
  },
} satisfies OperatorFamily;
