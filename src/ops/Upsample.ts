// https://onnx.ai/onnx/operators/onnx__Upsample.html
// Opsets: 1, 7, 9 (scales as input), 10 (deprecated: Resize).

import { string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { float32 } from '../graph/tensor.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';
import { setInput, valueName } from './rewrite.ts';

export default {
  ops: {
    Upsample: {
      since: 1,
      inputs: [1, 2],
      outputs: [1, 1],
      attributes: { mode: string('nearest'), scales: null },
    },
  },
  // Gone at opset 21: what upgrading leaves is a Resize.
  infer: (context) => [
    tensorOf(
      context.dtype(0),
      context.shape(0)?.map(() => null),
    ),
  ],
  upgrades: [
    { to: 9, opTypes: ['Upsample'], rewrite: scalesToInput },
    { to: 10, opTypes: ['Upsample'], rewrite: rename },
  ],
} satisfies OpFamily;

function scalesToInput(node: Node, context: UpgradeContext): readonly Node[] {
  const scales = context.read(node, 'floats', 'scales', []);
  node.attributes.delete('scales');
  setInput(node, 1, context.constant(valueName(node, 'scales'), float32([scales.length], scales)));
  return [node];
}

function rename(node: Node): readonly Node[] {
  node.opType = 'Resize';
  return [node];
}
