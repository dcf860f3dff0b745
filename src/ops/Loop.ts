// https://onnx.ai/onnx/operators/onnx__Loop.html
// Opsets: 1, 11, 13, 16, 19, 21, 23, 24, 25.

import { tensorType, type ValueType } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { either } from './merge.ts';
import { tensorOf } from './result.ts';

type Types = readonly (ValueType | undefined)[];

export default {
  ops: {
    Loop: { since: 1, inputs: [2, Infinity], outputs: [1, Infinity], attributes: { body: null } },
  },
  infer(context) {
    const found = context.find('body');
    if (found?.type !== 'graph') return context.fail('it has no body');
    const body = found.value;
    const scalars = [tensorType('int64', []), tensorType('bool', [])];
    const look = (types: Types): Types => context.inferSubgraph(body, [...scalars, ...types]).slice(1);
    let carried: Types = context.node.inputs.slice(2).map((_, index) => context.type(index + 2));
    let after = look(carried);
    // What an iteration gives back is what the next one gets. Axes that it changes become unknown, then ranks.
    for (const widen of [commonType, commonRank]) {
      const wider = carried.map((type, index) => widen(type, after[index]));
      if (JSON.stringify(wider) === JSON.stringify(carried)) break;
      carried = wider;
      after = look(carried);
    }
    return after.map((type, index) => (index < carried.length ? carried[index] : stacked(context, type)));
  },
} satisfies OpFamily;

/** What each iteration gives is stacked along a new first axis; a condition may end the loop early. */
function stacked(context: InferContext, type: ValueType | undefined): ValueType | undefined {
  if (type?.kind !== 'tensor') return undefined;
  const { dtype, shape } = type;
  return tensorOf(dtype, shape && [context.symbol('iterations'), ...shape]);
}

function commonType(before: ValueType | undefined, after: ValueType | undefined): ValueType | undefined {
  return either(before, after) ?? after;
}

function commonRank(before: ValueType | undefined, after: ValueType | undefined): ValueType | undefined {
  const isSame = JSON.stringify(before) === JSON.stringify(commonType(before, after));
  return isSame || before?.kind !== 'tensor' ? before : tensorType(before.dtype);
}
