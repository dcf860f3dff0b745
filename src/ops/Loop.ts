// https://onnx.ai/onnx/operators/onnx__Loop.html
// Opsets: 1, 11, 13, 16, 19, 21, 23, 24, 25.

import { tensorType, type ValueType } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { either } from './merge.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Loop: { since: 1, inputs: [2, Infinity], outputs: [1, Infinity], attributes: { body: null } },
  },
  infer(context) {
    const found = context.find('body');
    if (found?.type !== 'graph') return context.fail('it has no body');
    const body = found.value;
    const scalars = [tensorType('int64', []), tensorType('bool', [])];
    const initial = context.node.inputs.slice(2).map((_, index) => context.type(index + 2));
    // A first look at one iteration shows which carried values keep their shape; the rest is looked at again.
    const after = context.inferSubgraph(body, [...scalars, ...initial]).slice(1);
    const carried = initial.map((type, index) => either(type, after[index]) ?? rankless(type));
    const isStable = JSON.stringify(carried) === JSON.stringify(initial);
    const final = isStable
      ? after
      : context.inferSubgraph(body, [...scalars, ...carried.map(rankless)]).slice(1);
    return final.map((type, index) => (index < carried.length ? carried[index] : stacked(context, type)));
  },
} satisfies OpFamily;

/** What each iteration gives is stacked along a new first axis; a condition may end the loop early. */
function stacked(context: InferContext, type: ValueType | undefined): ValueType | undefined {
  if (type?.kind !== 'tensor') return undefined;
  const { dtype, shape } = type;
  return tensorOf(dtype, shape && [context.symbol('iterations'), ...shape]);
}

function rankless(type: ValueType | undefined): ValueType | undefined {
  return type?.kind === 'tensor' ? tensorType(type.dtype) : type;
}
