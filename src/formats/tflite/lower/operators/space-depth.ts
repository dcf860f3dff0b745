// SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of pixels become channels and back.

import { int, string } from '../../../../graph/attribute.ts';
import { withChannelsFirst } from '../channels.ts';
import type { OperatorFamily } from '../definition.ts';
import { positive } from '../window.ts';

export default {
  opcodes: ['SPACE_TO_DEPTH', 'DEPTH_TO_SPACE'],
  lower(op) {
    const { inputs, give } = op.carry([0], ['int8', 'uint8', 'int16', 'int32', 'int64']);
    const blocksize = int(positive(op, 'blockSize'));
    const [opType, attributes] =
      op.opcode === 'SPACE_TO_DEPTH'
        ? ['SpaceToDepth', { blocksize }]
        : ['DepthToSpace', { blocksize, mode: string('DCR') }];
    give(
      0,
      withChannelsFirst(op, inputs[0] ?? '', 4, (x) =>
        op.emit(opType as string, [x], { attributes: attributes as never }),
      ),
    );
  },
} satisfies OperatorFamily;
