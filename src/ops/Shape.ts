// https://onnx.ai/onnx/operators/onnx__Shape.html
// Opsets: 1, 13, 15, 19, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';
import { outputOf } from './rewrite.ts';
import { SpellOut } from './spell-out.ts';

export default {
  ops: {
    Shape: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { end: null, start: int(0) } },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf('int64', [null])];
    const end = context.find('end')?.value;
    const part = shape.slice(context.int('start'), typeof end === 'number' ? end : undefined);
    context.setIntegers(part);
    return [tensorOf('int64', [part.length])];
  },
  downgrades: [{ from: 15, opTypes: ['Shape'], rewrite: sliceAfterwards }],
} satisfies OpFamily;

/** A stretch of the axes is cut out of all of them. */
function sliceAfterwards(node: Node, context: UpgradeContext): readonly Node[] {
  const start = context.read(node, 'int', 'start', 0);
  const end = node.attributes.has('end') ? context.read(node, 'int', 'end', 0) : Number.MAX_SAFE_INTEGER;
  node.attributes.clear();
  if (start === 0 && end === Number.MAX_SAFE_INTEGER) return [node];
  const out = new SpellOut(node, context);
  const whole = context.fresh(`${outputOf(node)}/whole`);
  out.add('Slice', [whole, out.ints('start', [start]), out.ints('end', [end])], {}, outputOf(node));
  node.outputs = [whole];
  return [node, ...out.nodes];
}
