// Given:   y = Transpose(x), where only axes of length one change their places
// Result:  y = Reshape(x), which moves no data
//
// When the shape can be written down: at most one axis is unknown, apart from symbolic ones that stay where they were.

import type { Node } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import type { Pass } from './definition.ts';
import { heldShape, isIdentity, isPermutation, isReshape, shapeEntries } from './layout/layout.ts';
import { isTranspose, permOf } from './layout/transpose.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'transpose-to-reshape',
  run(model) {
    return {
      modified: rewriteNodes(model, (node, rewriter) => isTranspose(node) && replace(node, rewriter)),
    };
  },
} satisfies Pass;

function replace(node: Node, rewriter: Rewriter): boolean {
  const [input = ''] = node.inputs;
  const shape = rewriter.shape(input);
  const perm = shape ? permOf(node, shape.length) : [];
  if (perm.length !== shape?.length || !isPermutation(perm)) return false;
  if (isIdentity(perm) || !isReshape(shape, perm)) return false;
  const entries = shapeEntries(heldShape(shape, { kind: 'perm', perm }), shape);
  if (!entries) return false;
  node.opType = 'Reshape';
  node.attributes.clear();
  rewriter.setInputs(node, [input, rewriter.addConstant(`${node.name}/shape`, int64(entries))]);
  return true;
}
