// https://onnx.ai/onnx/operators/onnx__DepthToSpace.html and likewise for the others.
// Opsets: DepthToSpace 1, 11, 13; SpaceToDepth 1, 13.
// Blocks of pixels to channels and back.

import { string } from '../graph/attribute.ts';
import { quotient } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    DepthToSpace: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { blocksize: null, mode: string('DCR') },
    },
    SpaceToDepth: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { blocksize: null } },
  },
  infer(context) {
    const shape = context.shape(0);
    const block = context.int('blocksize');
    if (shape === undefined) return [tensorOf(context.dtype(0), [null, null, null, null])];
    if (shape.length !== 4) return context.fail(`the input has ${shape.length} axes instead of 4`);
    const [batch = null, channels = null, height = null, width = null] = shape;
    const isToSpace = context.node.opType === 'DepthToSpace';
    const grow = isToSpace ? [block, block] : [];
    const shrink = isToSpace ? [] : [block, block];
    const result = [
      batch,
      quotient([channels, ...shrink], grow),
      quotient([height, ...grow.slice(1)], shrink.slice(1)),
      quotient([width, ...grow.slice(1)], shrink.slice(1)),
    ];
    return [tensorOf(context.dtype(0), result)];
  },
} satisfies OpFamily;
