// https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html
// Opsets: 1, 2, 4.

import { float, int, string } from '../graph/attribute.ts';
import type { DType } from '../graph/dtype.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    LabelEncoder: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        default_float: float(-0),
        default_int64: int(-1),
        default_string: string('_Unused'),
        default_tensor: null,
        keys_floats: null,
        keys_int64s: null,
        keys_strings: null,
        keys_tensor: null,
        values_floats: null,
        values_int64s: null,
        values_strings: null,
        values_tensor: null,
      },
    },
  },
  infer: (context) => [tensorOf(valueType(context), context.shape(0))],
} satisfies OpFamily;

/** The list of values says the element type; version 1 had `classes_strings`, from or to their numbers. */
function valueType(context: InferContext): DType {
  const tensor = context.find('values_tensor');
  if (tensor?.type === 'tensor') return tensor.value.dtype;
  if (context.node.attributes.has('values_strings')) return 'string';
  if (context.node.attributes.has('values_int64s')) return 'int64';
  if (context.node.attributes.has('values_floats')) return 'float32';
  return context.dtype(0) === 'string' ? 'int64' : 'string';
}
