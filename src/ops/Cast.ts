// https://onnx.ai/onnx/operators/onnx__Cast.html and likewise for the others.
// Opsets: Cast 1, 6, 9, 13, 19, 21, 23, 24, 25; CastLike 15, 19, 21, 23, 24, 25.

import { int, string } from '../graph/attribute.ts';
import { type DType, isInteger } from '../graph/dtype.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { dtypeOf, elementType } from './element-type.ts';
import { mapIntegers } from './integers.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Cast: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { round_mode: string('up'), saturate: int(1), to: null },
      later: { attributes: { round_mode: 24 } },
    },
    CastLike: {
      since: 15,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { round_mode: string('up'), saturate: int(1) },
      later: { attributes: { round_mode: 24 } },
    },
  },
  infer(context) {
    const to = context.node.opType === 'Cast' ? dtypeOf(context, 'to') : context.dtype(1);
    if (to !== undefined && to !== 'string') {
      mapIntegers(context, (value) =>
        typeof value === 'number' ? converted(value, to) : to === 'bool' ? null : value,
      );
    }
    return [tensorOf(to, context.shape(0))];
  },
  downgrades: [{ from: 15, opTypes: ['CastLike'], rewrite: toKnownType }],
} satisfies OpFamily;

function toKnownType(node: Node, context: UpgradeContext): readonly Node[] | string {
  const [x = '', like = ''] = node.inputs;
  const dtype = context.dtype(like);
  if (dtype === undefined) return 'the element type is known only when the model runs';
  const attributes = new Map(node.attributes).set('to', int(elementType(dtype)));
  return [{ ...node, opType: 'Cast', inputs: [x], attributes }];
}

function converted(value: number, to: DType): number {
  if (to === 'bool') return Number(value !== 0);
  return isInteger(to) ? Math.trunc(value) : value;
}
