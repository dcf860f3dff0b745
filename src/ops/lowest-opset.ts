// The oldest operator set in which every node of a graph means the same without being rewritten. Runtimes know old
// operator sets longest and best: an optimizer that was not told of a new one leaves its operators as they are.

import { copyNode } from '../graph/copy-model.ts';
import type { DType } from '../graph/dtype.ts';
import { type Graph, type Model, type Node, OPSET } from '../graph/model.ts';
import type { Downgrade } from './definition.ts';
import { downgradesOf } from './downgrade.ts';
import { leastOpset } from './least-opset.ts';
import type { Names } from './names.ts';
import { lookup } from './registry.ts';
import { dtypeOf, dtypeSince, requiredOpset } from './required-opset.ts';
import { rewriteContext, takenNames } from './rewrite-context.ts';
import { type Scope, typeOf } from './scope.ts';
import { subgraphs } from './subgraphs.ts';

/**
 * onnxruntime 1.30 runs float32 graphs as fast at 17 as at 18, and no faster later: the AveragePool of 19 is another kernel,
 * with which a LeNet takes 10 % longer. At 17 the axes of the Reduce operators still were attributes, so that one network
 * would be written at 17 and its neighbour at 18.
 */
export const LOWEST = 18;

/**
 * Numbers that most of onnxruntime's operators lack on processors. Around those it casts; but at 18 it first says them in
 * simpler ones (Relu as Max), which it cannot fuse: float16 networks take up to 2.7 times as long as at 21.
 */
const halves: ReadonlySet<DType> = new Set(['bfloat16', 'float16']);

/**
 * LOWEST or a later one; OPSET where types are not known. Types have to be inferred.
 *
 * @example lowestOpset(model); // 18, or 20 with a Gelu
 */
export function lowestOpset(model: Model): number {
  const required = requiredOpset(model);
  // Nodes of functions have no types.
  if (required > OPSET || model.functions.length > 0) return required;
  const work = { model, names: takenNames(model) };
  return ofGraph(model.graph, undefined, work);
}

type Work = { readonly model: Model; readonly names: Names };

function ofGraph(graph: Graph, parent: Scope | undefined, work: Work): number {
  const scope = scopeOf(graph, parent);
  let lowest = LOWEST;
  const stored = [...graph.initializers.values()].map(({ dtype }) => dtype);
  for (const dtype of new Set([...stored, ...[...graph.types.values()].map(dtypeOf)])) {
    if (dtype !== undefined) lowest = Math.max(lowest, halves.has(dtype) ? OPSET : dtypeSince(dtype));
  }
  for (const node of graph.nodes) {
    if (lowest >= OPSET) break;
    lowest = Math.max(lowest, ofNode(node, scope, work));
  }
  return Math.min(lowest, OPSET);
}

function ofNode(node: Node, scope: Scope, work: Work): number {
  const values = [...node.inputs, ...node.outputs].filter((value) => value !== '');
  const types = new Map(values.map((value) => [value, typeOf(scope, value)] as const));
  const isKnown = values.every((value) => types.get(value) !== undefined);
  if (!isKnown || (node.domain === '' && lookup(node) === undefined)) return OPSET;
  let lowest = Math.max(LOWEST, leastOpset(node, (value) => types.get(value)).opset);
  const changed = downgradesOf(node).find(
    ({ from, rewrite }) => from > lowest && from <= OPSET && isChange(rewrite, node, scope, work),
  );
  if (changed) lowest = changed.from;
  for (const graph of subgraphs(node)) lowest = Math.max(lowest, ofGraph(graph, scope, work));
  return lowest;
}

/** Whether the node would be another one, or none, in older words. Tried on a copy, beside the graph. */
function isChange(rewrite: Downgrade['rewrite'], node: Node, scope: Scope, { model, names }: Work): boolean {
  const aside: Graph = { ...scope.graph, inputs: [], initializers: new Map(), types: new Map() };
  const tried = copyNode(node);
  const made = rewrite(tried, rewriteContext(model, scopeOf(aside, scope), names, new Map()));
  if (typeof made === 'string' || made.length !== 1 || made[0] !== tried) return true;
  return (
    tried.opType !== node.opType ||
    tried.inputs.join('\n') !== node.inputs.join('\n') ||
    tried.attributes.size !== node.attributes.size ||
    [...node.attributes].some(([name, attribute]) => tried.attributes.get(name) !== attribute)
  );
}

function scopeOf(graph: Graph, parent: Scope | undefined): Scope {
  const depth = parent === undefined ? 0 : parent.depth + 1;
  return { graph, parent, depth, isCall: false, isDead: false, integers: new Map(), constants: new Map() };
}
