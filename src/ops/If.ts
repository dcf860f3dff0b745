// https://onnx.ai/onnx/operators/onnx__If.html
// Opsets: 1, 11, 13, 16, 19, 21, 23, 24, 25.

import type { Graph } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { either } from './merge.ts';

export default {
  ops: {
    If: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, Infinity],
      attributes: { else_branch: null, then_branch: null },
    },
  },
  infer(context) {
    const condition = context.integers(0)?.[0];
    // A condition that follows from shapes decides here which branch is ever taken.
    if (typeof condition === 'number') {
      return context.inferSubgraph(branch(context, condition !== 0 ? 'then_branch' : 'else_branch'), []);
    }
    const whenTrue = context.inferSubgraph(branch(context, 'then_branch'), []);
    const whenFalse = context.inferSubgraph(branch(context, 'else_branch'), []);
    return whenTrue.map((type, index) => either(type, whenFalse[index]));
  },
} satisfies OpFamily;

function branch(context: InferContext, name: string): Graph {
  const found = context.find(name);
  return found?.type === 'graph' ? found.value : context.fail(`it has no ${name}`);
}
