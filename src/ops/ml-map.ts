// https://onnx.ai/onnx/operators/onnx_aionnxml_CastMap.html and likewise for the others.
// Opsets: CastMap 1; DictVectorizer 1.
// Maps to tensors: one row for each.

import { int, string } from '../graph/attribute.ts';
import type { DType } from '../graph/dtype.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    CastMap: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { cast_to: string('TO_FLOAT'), map_form: string('DENSE'), max_map: int(1) },
    },
    DictVectorizer: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { int64_vocabulary: null, string_vocabulary: null },
    },
  },
  infer(context) {
    const isCast = context.node.opType === 'CastMap';
    return [
      isCast ? tensorOf(castTo(context), [1, null]) : tensorOf(mapped(context), [1, vocabulary(context)]),
    ];
  },
} satisfies OpFamily;

const casts: Readonly<Record<string, DType>> = {
  TO_FLOAT: 'float32',
  TO_STRING: 'string',
  TO_INT64: 'int64',
};

function castTo(context: InferContext): DType {
  const to = context.text('cast_to');
  return casts[to] ?? context.fail(`cast_to is "${to}", not one of ${Object.keys(casts).join(', ')}`);
}

function mapped(context: InferContext): DType | undefined {
  const type = context.type(0);
  return type?.kind === 'map' && type.element.kind === 'tensor' ? type.element.dtype : undefined;
}

function vocabulary(context: InferContext): number | null {
  const words = context.find('string_vocabulary')?.value ?? context.find('int64_vocabulary')?.value;
  return Array.isArray(words) ? words.length : null;
}
