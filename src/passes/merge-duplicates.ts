// Computes a thing once.
//
//   1. Initializers with the same dtype, dims and bytes become one; the first name stays.
//   2. Nodes with the same operator, inputs and attributes become one, unless the operator is random or a later
//      node makes a graph output under its own name.

import { createHash } from 'node:crypto';
import type { Attribute, Node } from '../graph/model.ts';
import { type Tensor, tensorBytes, tensorView } from '../graph/tensor.ts';
import { lookup } from '../ops/registry.ts';
import type { Pass } from './definition.ts';
import { rewriteGraphs } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'merge-duplicates',
  run(model) {
    const modified = rewriteGraphs(model, (rewriter) => mergeConstants(rewriter) + mergeNodes(rewriter));
    return { modified };
  },
} satisfies Pass;

function mergeConstants(rewriter: Rewriter): number {
  const { initializers } = rewriter.graph;
  const bySize = new Map<string, string[]>();
  for (const [name, tensor] of initializers) {
    if (rewriter.isInput(name) || rewriter.isPinned(name)) continue;
    const size = `${tensor.dtype}[${tensor.dims}]${tensorBytes(tensor)}`;
    const group = bySize.get(size);
    if (group) group.push(name);
    else bySize.set(size, [name]);
  }
  let merged = 0;
  for (const group of bySize.values()) {
    if (group.length < 2) continue;
    const first = new Map<string, string>();
    for (const name of group) {
      const digest = digestOf(initializers.get(name) as Tensor);
      const kept = first.get(digest);
      if (kept === undefined) {
        first.set(digest, name);
        continue;
      }
      rewriter.replaceUses(name, kept);
      initializers.delete(name);
      rewriter.graph.types.delete(name);
      merged++;
    }
  }
  return merged;
}

function mergeNodes(rewriter: Rewriter): number {
  const seen = new Map<string, Node>();
  let merged = 0;
  for (const node of rewriter.nodes()) {
    const key = keyOf(node);
    if (key === undefined) continue;
    const first = seen.get(key);
    if (!first) {
      seen.set(key, node);
      continue;
    }
    const isReplaceable = node.outputs.every(
      (output, index) => !output || (first.outputs[index] && !rewriter.isPinned(output)),
    );
    if (!isReplaceable) continue;
    for (const [index, output] of node.outputs.entries()) {
      if (output) rewriter.replaceUses(output, first.outputs[index] ?? '');
    }
    rewriter.remove(node);
    merged++;
  }
  return merged;
}

/** Equal for nodes that compute the same; undefined for nodes that must be left alone. */
function keyOf(node: Node): string | undefined {
  const known = lookup(node);
  if (!known || known.signature.random) return undefined;
  const parts = [node.domain, node.opType, node.inputs.join('\n'), String(node.outputs.length)];
  for (const [name, attribute] of [...node.attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const value = valueKey(attribute);
    if (value === undefined) return undefined;
    parts.push(name, value);
  }
  return JSON.stringify(parts);
}

function valueKey(attribute: Attribute): string | undefined {
  switch (attribute.type) {
    case 'int':
    case 'ints':
    case 'float':
    case 'floats':
      return `${attribute.type}:${attribute.value}`;
    case 'string':
    case 'strings':
      return `${attribute.type}:${JSON.stringify(attribute.value)}`;
    case 'tensor':
      return digestOf(attribute.value);
    default:
      return undefined;
  }
}

function digestOf(tensor: Tensor): string {
  const hash = createHash('sha256').update(`${tensor.dtype}[${tensor.dims}]`);
  if (tensor.dtype === 'string') hash.update(JSON.stringify(tensor.data));
  else hash.update(tensorView(tensor));
  return hash.digest('base64');
}
