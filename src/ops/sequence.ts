// https://onnx.ai/onnx/operators/onnx__SequenceAt.html and likewise for the others.
// Opsets: SequenceAt 11; SequenceConstruct 11; SequenceEmpty 11; SequenceErase 11; SequenceInsert 11;
// SequenceLength 11.
// Lists of tensors. An element type without a shape stands for tensors of any shape.

import type { TensorType, ValueType } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { either } from './merge.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    SequenceAt: { since: 11, inputs: [2, 2], outputs: [1, 1] },
    SequenceConstruct: { since: 11, inputs: [1, Infinity], outputs: [1, 1] },
    SequenceEmpty: { since: 11, inputs: [0, 0], outputs: [1, 1], attributes: { dtype: null } },
    SequenceErase: { since: 11, inputs: [1, 2], outputs: [1, 1] },
    SequenceInsert: { since: 11, inputs: [2, 3], outputs: [1, 1] },
    SequenceLength: { since: 11, inputs: [1, 1], outputs: [1, 1] },
  },
  infer: (context) => [rows[context.node.opType]?.(context)],
} satisfies OpFamily;

const rows: Readonly<Record<string, (context: InferContext) => ValueType | undefined>> = {
  SequenceAt: elementOf,
  SequenceConstruct: (context) =>
    sequenceOf(context.node.inputs.map((_, index) => context.type(index)).reduce(either)),
  SequenceEmpty: (context) => sequenceOf(tensorOf(dtypeOf(context, 'dtype') ?? 'float32', undefined)),
  SequenceErase: (context) => context.type(0),
  SequenceInsert: (context) => sequenceOf(inserted(elementOf(context), context.type(1))),
  SequenceLength: () => tensorOf('int64', []),
};

function elementOf(context: InferContext): ValueType | undefined {
  const type = context.type(0);
  return type?.kind === 'sequence' ? type.element : undefined;
}

function sequenceOf(element: ValueType | undefined): ValueType | undefined {
  return element && { kind: 'sequence', element };
}

function inserted(element: ValueType | undefined, added: ValueType | undefined): ValueType | undefined {
  return either(element, added) ?? (element as TensorType | undefined);
}
