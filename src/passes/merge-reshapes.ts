// Given:   Reshape(Reshape(x, a), b), either of them possibly a Flatten, Squeeze or Unsqueeze
// Result:  Reshape(x, b)
//
// When the inner one has no other reader, and the final shape can be written down: at most one axis is unknown, apart
// from symbolic ones that stay where they were in x.

import type { Node } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import type { Pass } from './definition.ts';
import { shapeEntries } from './layout/layout.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'merge-reshapes',
  run(model) {
    return { modified: rewriteNodes(model, merge) };
  },
} satisfies Pass;

const family = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

function merge(node: Node, rewriter: Rewriter): boolean {
  if (node.domain !== '' || !family.has(node.opType)) return false;
  const [between = ''] = node.inputs;
  const before = rewriter.producer(between);
  if (before?.domain !== '' || !family.has(before.opType) || rewriter.onlyUser(between) !== node)
    return false;
  const [source = ''] = before.inputs;
  const target = rewriter.shape(node.outputs[0]);
  const entries = target && shapeEntries(target, rewriter.shape(source));
  if (!entries) return false;
  node.opType = 'Reshape';
  node.attributes.clear();
  rewriter.setInputs(node, [source, rewriter.addConstant(`${node.name}/shape`, int64(entries))]);
  rewriter.remove(before);
  return true;
}
