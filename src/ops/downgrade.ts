// Says a model in the words of an older operator set, node by node: the counterpart of upgrade.ts. Each operator's own
// file holds the rewrites of its history; what remains is held against history.ts.

import { errors } from '../errors.ts';
import { copyModel } from '../graph/copy-model.ts';
import { type Graph, type Model, type ModelFunction, type Node, OPSET } from '../graph/model.ts';
import { readValues } from '../graph/order.ts';
import type { Downgrade, OpFamily, UpgradeContext } from './definition.ts';
import { ops } from './index.ts';
import { Inference } from './infer.ts';
import { dropDefaults, leastOpset } from './least-opset.ts';
import type { Names } from './names.ts';
import { requiredOpset } from './required-opset.ts';
import { rewriteContext, takenNames } from './rewrite-context.ts';
import { type Scope, typeOf } from './scope.ts';
import { constantNode, NEWEST_OPSET } from './upgrade.ts';

/** Before 9 constants had to be inputs of the graph too, and some operators did not broadcast. */
export const OLDEST_WRITTEN = 9;

/**
 * A copy of the model that follows `opset`; weights are shared. Errors: OPSET_TOO_OLD with all that it cannot say.
 *
 * @example const older = downgradeModel(model, 13);
 */
export function downgradeModel(model: Model, opset: number): Model {
  const copy = copyModel(model);
  const work: Work = { model: copy, opset, names: takenNames(copy), refused: [] };
  for (const called of copy.functions) lowerFunction(called, work);
  lowerGraph(copy.graph, new Inference(copy), work);
  if (work.refused.length > 0) throw errors.OPSET_TOO_OLD(opset, ...report(work.refused));
  const required = requiredOpset(copy);
  // The types of values that no operator touches.
  if (required > Math.max(opset, OPSET)) {
    throw errors.OPSET_TOO_OLD(opset, required, ['an element type of the model came later']);
  }
  copy.opsets.set('', opset);
  for (const called of copy.functions) called.opsets.set('', opset);
  return copy;
}

type Refusal = { readonly node: Node; readonly least: number; readonly why: string };

type Work = {
  readonly model: Model;
  readonly opset: number;
  readonly names: Names;
  readonly refused: Refusal[];
};

function lowerFunction(called: ModelFunction, work: Work): void {
  const { name, inputs, outputs, nodes } = called;
  const graph: Graph = { name, inputs, outputs, nodes, initializers: new Map(), types: new Map() };
  lowerGraph(graph, new Inference({ ...work.model, functions: [] }), work);
  const constants = [...graph.initializers].map(([name, tensor]) => constantNode(name, tensor));
  called.nodes = [...constants, ...graph.nodes];
}

/** All types are known before the first node changes: afterwards, a node may mean something else to `infer`. */
function lowerGraph(graph: Graph, inference: Inference, work: Work): void {
  const visits: { readonly node: Node; readonly scope: Scope }[] = [];
  inference.walk(graph, (node, scope) => {
    visits.push({ node, scope });
    return [node];
  });
  const lowered = new Map<Graph, Node[]>();
  const before = new Set(visits.flatMap(({ node }) => node.inputs));
  for (const { node, scope } of visits) {
    const nodes = lowered.get(scope.graph) ?? [];
    lowered.set(scope.graph, nodes);
    nodes.push(...lower(node, NEWEST_OPSET, scope, work));
  }
  for (const [graph, nodes] of lowered) graph.nodes = nodes;
  for (const each of lowered.keys()) dropUnread(each, before);
}

/** The node as it is at the work's opset. Refusals are collected, so that all of them can be told at once. */
function lower(node: Node, level: number, scope: Scope, work: Work): readonly Node[] {
  const { opset, refused } = work;
  const step = nextStep(node, level, opset);
  if (step === undefined) {
    dropDefaults(node, opset);
    const { opset: least, why } = leastOpset(node, (value) => typeOf(scope, value));
    if (least > opset) refused.push({ node, least, why });
    return [node];
  }
  const refuse = (why: string) => {
    refused.push({ node, least: step.from, why });
    return [node];
  };
  for (const [name, { type }] of node.attributes) {
    if (type === 'reference') return refuse(`"${name}" comes from the caller of a function`);
  }
  const made = step.rewrite(node, contextOf(scope, work));
  if (typeof made === 'string') return refuse(made);
  return made.flatMap((part) => lower(part, part === node ? step.from - 1 : NEWEST_OPSET, scope, work));
}

function contextOf(scope: Scope, { model, names }: Work): UpgradeContext {
  const context = rewriteContext(model, scope, names, new Map());
  return {
    ...context,
    // An initializer that is an input too is only a default.
    tensor: (value) => (scope.graph.inputs.includes(value) ? undefined : context.tensor(value)),
  };
}

const steps = new Map<string, Downgrade[]>();
for (const { domain, downgrades = [] } of ops as readonly OpFamily[]) {
  if (domain !== undefined) continue;
  for (const step of downgrades) {
    for (const opType of step.opTypes) {
      const list = [...(steps.get(opType) ?? []), step];
      steps.set(
        opType,
        list.sort((a, b) => b.from - a.from),
      );
    }
  }
}

function nextStep(node: Node, level: number, opset: number): Downgrade | undefined {
  return downgradesOf(node).find(({ from }) => from > opset && from <= level);
}

/** Of the node's operator, newest first. */
export function downgradesOf({ domain, opType }: Node): readonly Downgrade[] {
  return domain === '' ? (steps.get(opType) ?? []) : [];
}

/** Constants that became attributes. */
function dropUnread(graph: Graph, before: ReadonlySet<string>): void {
  const read = new Set([...graph.inputs, ...graph.outputs, ...graph.nodes.flatMap(readValues)]);
  for (const name of graph.initializers.keys()) {
    if (read.has(name) || !before.has(name)) continue;
    graph.initializers.delete(name);
    graph.types.delete(name);
  }
}

/** The opset all of it needs, and a line for each operator and reason. */
function report(refused: readonly Refusal[]): [least: number, details: string[]] {
  const groups = new Map<string, Refusal[]>();
  for (const refusal of refused) {
    const key = `${refusal.node.opType} ${refusal.least} ${refusal.why}`;
    groups.set(key, [...(groups.get(key) ?? []), refusal]);
  }
  const lines = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const names = group.map(({ node }) => node.name || node.outputs[0] || '');
    const shown =
      names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
    return [`${first.node.opType} (${shown}) needs opset ${first.least}: ${first.why}`];
  });
  return [Math.max(...refused.map(({ least }) => least)), lines];
}
