// Weights of half precision for kernels that compute in float32: each constant becomes float16 with a Cast after it.

import { int } from '../../graph/attribute.ts';
import { type Model, type Node, tensorType } from '../../graph/model.ts';
import { elementType } from '../../ops/element-type.ts';
import { Names } from '../names.ts';
import { Rewriter } from '../uses.ts';
import { toHalf } from './half.ts';
import { dropUnread } from './unread.ts';

/** Changes constants of the main graph with this many elements or more; a Cast costs more than a small one saves. */
const LEAST_ELEMENTS = 16;

/**
 * Returns the nodes that read such a weight. `fits` decides about a node and a constant it reads; one that it refuses
 * stays float32 for all.
 */
export function storeHalf(model: Model, fits: (node: string, value: string) => boolean): string[] {
  const rewriter = new Rewriter(model.graph, new Names(model));
  const readers = new Set<string>();
  for (const value of [...model.graph.initializers.keys()]) {
    const tensor = rewriter.constant(value);
    if (tensor?.dtype !== 'float32' || tensor.data.length < LEAST_ELEMENTS) continue;
    const users = rewriter.users(value);
    if (users.length === 0 || rewriter.isPinned(value)) continue;
    if (!users.every(({ node }) => fits(node.name, value) && !readsCodes(rewriter, node))) continue;
    const stored = rewriter.addConstant(`${value}/float16`, toHalf(tensor));
    const [read = ''] = rewriter.add('Cast', [stored], {
      name: `${value}/float32`,
      attributes: { to: int(elementType('float32')) },
      types: [tensorType('float32', tensor.dims)],
    }).outputs;
    for (const { node, index } of users) {
      rewriter.setInput(node, index, read);
      readers.add(node.name);
    }
  }
  rewriter.commit();
  dropUnread(model);
  return model.graph.nodes.flatMap(({ name }) => (readers.has(name) ? [name] : []));
}

/** Its weights, or those of the product whose bias it adds, are codes: such kernels want the bias as it is. */
function readsCodes(rewriter: Rewriter, node: Node): boolean {
  return node.inputs.some((input) => {
    const maker = rewriter.producer(input);
    if (maker?.opType === 'DequantizeLinear') return rewriter.constant(maker.inputs[0]) !== undefined;
    return node.opType === 'Add' && maker?.opType === 'MatMul' && readsCodes(rewriter, maker);
  });
}
