// DepthToSpace and SpaceToDepth between Transposes. TFLite's order of channels is ONNX's DCR; for CRD they are picked
// into that order first.
// https://onnx.ai/onnx/operators/onnx__DepthToSpace.html

import type { Rewrite } from '../rewrite/definition.ts';
import { toFirst, toLast } from './window.ts';

export default {
  opTypes: ['DepthToSpace', 'SpaceToDepth'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const block = build.attribute('blocksize', 1);
    const type = build.permuted(node.outputs[0] ?? '', toLast(4));
    const opcode = node.opType === 'DepthToSpace' ? 'DEPTH_TO_SPACE' : 'SPACE_TO_DEPTH';
    let data = x;
    if (node.opType === 'DepthToSpace' && build.attribute('mode', 'DCR') === 'CRD') {
      const channels = build.shape(x)[1];
      if (typeof channels !== 'number') return build.refuse('the number of channels is not known');
      const deep = channels / (block * block);
      const order = Array.from(
        { length: channels },
        (_, at) => (at % deep) * block * block + Math.floor(at / deep),
      );
      data = build.add('Gather', [x, build.ints(order)], { axis: 1 });
    }
    const last = build.transpose(data, toLast(4));
    return [build.transpose(build.tflite(opcode, [last], { blockSize: block }, type), toFirst(4))];
  },
} satisfies Rewrite;
