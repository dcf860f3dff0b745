// https://onnx.ai/onnx/operators/onnx__If.html
// Opsets: 1, 11, 13, 16, 19, 21, 23, 24, 25.

import { type Graph, type Node, shapeOf } from '../graph/model.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { either } from './merge.ts';
import { subgraphs } from './subgraphs.ts';

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
  downgrades: [{ from: 11, opTypes: ['If'], rewrite: refuseOtherShapes }],
} satisfies OpFamily;

/** Up to 10 both branches had to give the same shapes. */
function refuseOtherShapes(node: Node): readonly Node[] | string {
  const [one = [], other = []] = subgraphs(node).map(({ outputs, types }) =>
    outputs.map((name) => shapeOf(types.get(name))),
  );
  const isSame = one.every((shape, index) => JSON.stringify(shape) === JSON.stringify(other[index]));
  return isSame ? [node] : 'its branches give other shapes';
}

function branch(context: InferContext, name: string): Graph {
  const found = context.find(name);
  return found?.type === 'graph' ? found.value : context.fail(`it has no ${name}`);
}
