// https://onnx.ai/onnx/operators/onnx__SequenceMap.html
// Opsets: 17.

import type { ValueType } from '../graph/model.ts';
import type { OpFamily } from './definition.ts';

export default {
  ops: {
    SequenceMap: { since: 17, inputs: [1, Infinity], outputs: [1, Infinity], attributes: { body: null } },
  },
  infer(context) {
    const body = context.find('body');
    if (body?.type !== 'graph') return context.fail('it has no body');
    const elements = context.node.inputs.map((_, index): ValueType | undefined => {
      const type = context.type(index);
      return type?.kind === 'sequence' ? type.element : type;
    });
    return context
      .inferSubgraph(body.value, elements)
      .map((element) => element && { kind: 'sequence', element });
  },
} satisfies OpFamily;
