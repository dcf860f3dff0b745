// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
// Opsets: 10, 13, 19, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import { dtypes } from '../graph/dtype.ts';
import type { Node } from '../graph/model.ts';
import { elementCount } from '../graph/tensor.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { dtypeOf, elementTypeName } from './element-type.ts';
import { isGiven, perTensorOnly } from './restate.ts';
import { tensorOf } from './result.ts';
import { setInput, valueName } from './rewrite.ts';

export default {
  ops: {
    QuantizeLinear: {
      since: 10,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: {
        axis: int(1),
        block_size: int(0),
        output_dtype: int(0),
        precision: int(0),
        saturate: int(1),
      },
      later: { attributes: { precision: 23 } },
    },
  },
  infer(context) {
    // The zero point says the element type; without one, the attribute, and without that, uint8.
    const hasZeroPoint = (context.node.inputs[2] ?? '') !== '';
    const dtype = hasZeroPoint ? context.dtype(2) : (dtypeOf(context, 'output_dtype') ?? 'uint8');
    return [tensorOf(dtype, context.shape(0))];
  },
  downgrades: [
    { from: 21, opTypes: ['QuantizeLinear'], rewrite: zeroPointSaysType },
    { from: 13, opTypes: ['QuantizeLinear'], rewrite: perTensorOnly },
  ],
} satisfies OpFamily;

function zeroPointSaysType(node: Node, context: UpgradeContext): readonly Node[] | string {
  const dtype = elementTypeName(context.read(node, 'int', 'output_dtype', 0));
  if (dtype === undefined || isGiven(node, 2)) {
    node.attributes.delete('output_dtype');
    return [node];
  }
  const dims = context.tensor(node.inputs[1] ?? '')?.dims;
  const { array } = dtypes[dtype];
  if (dims === undefined || array === 'strings') return 'its scale is known only when the model runs';
  const data = new array(elementCount(dims));
  setInput(node, 2, context.constant(valueName(node, 'zero_point'), { dtype, dims, data }));
  node.attributes.delete('output_dtype');
  return [node];
}
