// Writes down what is computed from shapes that are known (Shape → Gather → Concat → Reshape, as PyTorch writes `view`).
//
//   1. Integers that type inference has followed to the end become constants, though what they were read from is none.
//   2. A Reshape to a shape that is known but for one axis, or for symbols that stay where they are, gets it as a constant.
//
// The data is what it was; only the asking for its shape goes away, with the nodes that did it (remove-dead-code).

import type { Node } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import { Inference } from '../ops/infer.ts';
import type { Pass } from './definition.ts';
import { shapeEntries } from './layout/layout.ts';
import { Names } from './names.ts';
import { Rewriter } from './uses.ts';

export default {
  name: 'fold-shapes',
  run(model) {
    const { graph } = model;
    if (!graph.nodes.some(({ opType, domain }) => domain === '' && (opType === 'Shape' || opType === 'Size')))
      return { modified: 0 };
    const { integers } = new Inference(model).walk(graph);
    const rewriter = new Rewriter(graph, new Names(model));
    let modified = 0;
    for (const node of rewriter.nodes()) {
      const known = integers.get(node.outputs[0] ?? '');
      if (known?.every((entry) => typeof entry === 'number')) modified += give(node, known, rewriter);
      else if (node.domain === '' && node.opType === 'Reshape') modified += state(node, rewriter);
    }
    rewriter.commit();
    return { modified };
  },
} satisfies Pass;

/** The node's output as a constant. */
function give(node: Node, values: readonly number[], rewriter: Rewriter): number {
  const [output = ''] = node.outputs;
  const type = rewriter.type(output);
  if (type?.kind !== 'tensor' || type.dtype !== 'int64' || node.outputs.length !== 1) return 0;
  const isScalar = type.shape?.length === 0;
  if (rewriter.isPinned(output) || type.shape === undefined || type.shape.length > 1) return 0;
  if (isScalar ? values.length !== 1 : type.shape[0] !== values.length) return 0;
  rewriter.remove(node);
  const tensor = int64(values);
  rewriter.setConstant(output, isScalar ? { ...tensor, dims: [] } : tensor);
  return 1;
}

function state(node: Node, rewriter: Rewriter): number {
  const [input = '', shape = ''] = node.inputs;
  if (rewriter.constant(shape)) return 0;
  const target = rewriter.shape(node.outputs[0]);
  const entries = target && shapeEntries(target, rewriter.shape(input));
  if (!entries) return 0;
  rewriter.setInputs(node, [input, rewriter.addConstant(`${node.name}/shape`, int64(entries))]);
  node.attributes.delete('allowzero');
  return 1;
}
