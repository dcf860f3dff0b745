// https://onnx.ai/onnx/operators/onnx__Optional.html and likewise for the others.
// Opsets: Optional 15; OptionalGetElement 15, 18; OptionalHasElement 15, 18.

import type { ValueType } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { isGiven } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Optional: { since: 15, inputs: [0, 1], outputs: [1, 1], attributes: { type: null } },
    OptionalGetElement: { since: 15, inputs: [1, 1], outputs: [1, 1] },
    OptionalHasElement: { since: 15, inputs: [0, 1], outputs: [1, 1] },
  },
  infer: (context) => [rows[context.node.opType]?.(context)],
  downgrades: [
    {
      from: 18,
      opTypes: ['OptionalHasElement'],
      rewrite: (node) => (isGiven(node, 0) ? [node] : 'it has no input'),
    },
  ],
} satisfies OpFamily;

const rows: Readonly<Record<string, (context: InferContext) => ValueType | undefined>> = {
  Optional(context) {
    const stated = context.find('type');
    const element = context.type(0) ?? (stated?.type === 'type' ? stated.value : undefined);
    return element && { kind: 'optional', element };
  },
  // Since opset 18, what is not an optional passes through.
  OptionalGetElement(context) {
    const type = context.type(0);
    return type?.kind === 'optional' ? type.element : type;
  },
  OptionalHasElement: () => tensorOf('bool', []),
};
