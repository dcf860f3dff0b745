// https://onnx.ai/onnx/operators/onnx__MaxRoiPool.html and likewise for the others.
// Opsets: MaxRoiPool 1, 22; RoiAlign 10, 16, 22.
// One pooled window for each region of interest.

import { float, int, string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';
import { keepDefault } from './rewrite.ts';

export default {
  ops: {
    MaxRoiPool: {
      since: 1,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { pooled_shape: null, spatial_scale: float(1) },
      later: { bfloat16: 22 },
    },
    RoiAlign: {
      since: 10,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: {
        coordinate_transformation_mode: string('half_pixel'),
        mode: string('avg'),
        output_height: int(1),
        output_width: int(1),
        sampling_ratio: int(0),
        spatial_scale: float(1),
      },
      later: { bfloat16: 22 },
    },
  },
  infer(context) {
    const [height, width] = context.ints('pooled_shape') ?? [
      context.int('output_height'),
      context.int('output_width'),
    ];
    const regions = context.shape(1)?.[0] ?? null;
    const channels = context.shape(0)?.[1] ?? null;
    return [tensorOf(context.dtype(0), [regions, channels, height ?? null, width ?? null])];
  },
  upgrades: [
    // The default became "half_pixel".
    {
      to: 16,
      opTypes: ['RoiAlign'],
      rewrite: keepDefault('coordinate_transformation_mode', string('output_half_pixel')),
    },
  ],
  downgrades: [{ from: 16, opTypes: ['RoiAlign'], rewrite: leaveOutMapping }],
} satisfies OpFamily;

function leaveOutMapping(node: Node, context: UpgradeContext): readonly Node[] | string {
  const mapping = context.read(node, 'string', 'coordinate_transformation_mode', 'half_pixel');
  if (mapping !== 'output_half_pixel') return `its mapping is "${mapping}"`;
  node.attributes.delete('coordinate_transformation_mode');
  return [node];
}
