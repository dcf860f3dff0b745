// Brings a model from the opset it was written for to the meaning of opset 21, node by node. Each operator's own file
// holds the rewrites of its history; types are inferred on the way, so that a rewrite may look at ranks.

import { errors } from '../errors.ts';
import { tensor as tensorAttribute } from '../graph/attribute.ts';
import { type Graph, type Model, type ModelFunction, type Node, OPSET } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { OpFamily, Upgrade, UpgradeContext } from './definition.ts';
import { ops } from './index.ts';
import { Inference, invalid } from './infer.ts';
import type { Names } from './names.ts';
import { rewriteContext, takenNames } from './rewrite-context.ts';

/** Before 7, broadcasting was an attribute and many operators had other inputs; nothing written since 2017 needs it. */
export const OLDEST_OPSET = 7;
/** Operators of later sets are not known here, and what changed in known ones neither. */
export const NEWEST_OPSET = 26;

/**
 * Rewrites the model in place to opset 21 and sets `model.opsets`; sub-graphs and functions too. Fills `graph.types`
 * as far as `inferTypes` would. Errors: OPSET_UNSUPPORTED, and MODEL_INVALID as `inferTypes`.
 */
export function upgradeModel(model: Model): void {
  const opset = checkedOpset(model.opsets);
  const names = takenNames(model);
  for (const called of model.functions) upgradeFunction(model, called, opset, names);
  upgradeGraph(model, model.graph, opset, new Inference(model), names);
  model.opsets.delete('ai.onnx');
  model.opsets.set('', OPSET);
}

function checkedOpset(opsets: ReadonlyMap<string, number>, fallback = OPSET): number {
  const opset = opsets.get('') ?? opsets.get('ai.onnx') ?? fallback;
  if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
    throw errors.OPSET_UNSUPPORTED(opset, OLDEST_OPSET, NEWEST_OPSET);
  }
  return opset;
}

function upgradeGraph(model: Model, graph: Graph, opset: number, inference: Inference, names: Names): void {
  const opsets = new Map<Graph, number>();
  inference.walk(graph, (node, scope) => {
    if (node.domain === 'ai.onnx') node.domain = '';
    return modernize(node, opsets.get(scope.graph) ?? opset, rewriteContext(model, scope, names, opsets));
  });
}

/** A function has no initializers: constants that rewrites add become nodes. */
function upgradeFunction(model: Model, called: ModelFunction, modelOpset: number, names: Names): void {
  const opset = checkedOpset(called.opsets, modelOpset);
  const graph: Graph = {
    name: called.name,
    inputs: called.inputs,
    outputs: called.outputs,
    nodes: called.nodes,
    initializers: new Map(),
    types: new Map(),
  };
  // Calls inside stay unknown here: the functions they name may not have been upgraded yet.
  upgradeGraph(model, graph, opset, new Inference({ ...model, functions: [] }), names);
  const constants = [...graph.initializers].map(([name, tensor]) => constantNode(name, tensor));
  called.nodes = [...constants, ...graph.nodes];
  called.opsets.delete('ai.onnx');
  called.opsets.set('', OPSET);
}

export function constantNode(name: string, tensor: Tensor): Node {
  const attributes = new Map([['value', tensorAttribute(tensor)]]);
  return { name, opType: 'Constant', domain: '', inputs: [], outputs: [name], attributes };
}

/** The node's replacement at opset 21: each rewrite takes it, or what it has become, a step further. */
function modernize(node: Node, opset: number, context: UpgradeContext): readonly Node[] {
  const step = nextStep(node, opset);
  if (step === undefined) return [node];
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'reference') {
      invalid(
        node,
        `"${name}" comes from the caller of a function, so it stays at opset ${opset}; mlctl needs ${OPSET}`,
      );
    }
  }
  return step.rewrite(node, context).flatMap((made) => modernize(made, step.to, context));
}

const steps = new Map<string, Upgrade[]>();
for (const family of ops as readonly OpFamily[]) {
  // Other domains count their opsets on their own and are written as they were read.
  if (family.domain !== undefined) continue;
  for (const upgrade of family.upgrades ?? []) {
    for (const opType of upgrade.opTypes) {
      const list = [...(steps.get(opType) ?? []), upgrade];
      steps.set(
        opType,
        list.sort((a, b) => a.to - b.to),
      );
    }
  }
}

function nextStep(node: Node, opset: number): Upgrade | undefined {
  return node.domain === '' ? steps.get(node.opType)?.find((step) => step.to > opset) : undefined;
}
