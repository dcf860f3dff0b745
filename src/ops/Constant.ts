// https://onnx.ai/onnx/operators/onnx__Constant.html
// Opsets: 1, 9, 11, 12, 13, 19, 21, 23, 24, 25.

import { tensor } from '../graph/attribute.ts';
import type { Attribute, Node } from '../graph/model.ts';
import { float32, int64, scalar, type Tensor } from '../graph/tensor.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

/** The forms a constant can be written in, one of which each node has. */
const forms: Readonly<Record<string, (value: never) => Tensor>> = {
  value: (value: Tensor) => value,
  value_float: (value: number) => scalar(value),
  value_floats: (value: readonly number[]) => float32([value.length], value),
  value_int: (value: number) => ({ ...int64([value]), dims: [] }),
  value_ints: (value: readonly number[]) => int64(value),
  value_string: (value: string) => ({ dtype: 'string', dims: [], data: [value] }),
  value_strings: (value: readonly string[]) => ({ dtype: 'string', dims: [value.length], data: value }),
};

export default {
  ops: {
    Constant: {
      since: 1,
      inputs: [0, 0],
      outputs: [1, 1],
      attributes: {
        sparse_value: null,
        value: null,
        value_float: null,
        value_floats: null,
        value_int: null,
        value_ints: null,
        value_string: null,
        value_strings: null,
      },
    },
  },
  infer(context) {
    const sparse = context.find('sparse_value');
    if (sparse?.type === 'sparse') return [tensorOf(sparse.value.values.dtype, sparse.value.dims)];
    const tensor = constantOf(context);
    context.setConstant(tensor);
    return [tensorOf(tensor.dtype, tensor.dims)];
  },
  downgrades: [{ from: 12, opTypes: ['Constant'], rewrite: toTensorForm }],
} satisfies OpFamily;

function toTensorForm(node: Node): readonly Node[] {
  for (const [name, toTensor] of Object.entries(forms)) {
    const attribute = node.attributes.get(name);
    if (attribute === undefined) continue;
    node.attributes = new Map([['value', tensor(toTensor(attribute.value as never))]]);
  }
  return [node];
}

function constantOf(context: InferContext): Tensor {
  for (const [name, toTensor] of Object.entries(forms)) {
    const attribute: Attribute | undefined = context.node.attributes.get(name);
    if (attribute === undefined) continue;
    // Each form is called after the kind of its attribute.
    const kind = name === 'value' ? 'tensor' : name.slice('value_'.length);
    if (attribute.type !== kind) return context.fail(`${name} is of kind ${attribute.type}`);
    return toTensor(attribute.value as never);
  }
  return context.fail('it has no value');
}
