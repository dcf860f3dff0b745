// The value a user means by the name of a value, a node or a layer.

import { errors } from '../../errors.ts';
import type { Graph, Model, Node } from '../../graph/model.ts';
import { readValues } from '../../graph/order.ts';
import { nearest } from '../../nearest.ts';

/** Errors: USAGE when nothing has the name, or when a layer gives more than one value. */
export function findValue(model: Model, name: string, flag: string): string {
  const { graph } = model;
  const known = new Set([...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)]);
  if (known.has(name)) return name;
  if (graph.initializers.has(name)) {
    throw errors.USAGE(
      `${flag}: ${JSON.stringify(name)} is a constant`,
      'name what an operator or layer gives',
    );
  }
  const layer = layerOutputs(model, name)?.filter((value) => known.has(value));
  const results = layer ?? resultsOf(graph, name);
  const [only] = results;
  if (results.length === 1 && only !== undefined) return only;
  if (results.length > 1) {
    throw errors.USAGE(
      `${flag}: ${JSON.stringify(name)} gives ${results.length} values`,
      `name one of them: ${results.slice(0, 8).join(', ')}`,
    );
  }
  const layers = model.layers?.map(({ path }) => path) ?? [];
  const nodes = graph.nodes.flatMap(({ name }) => [name, name.split('/')[0] ?? name]);
  const close = nearest(name, new Set([...layers, ...nodes, ...known]));
  throw errors.USAGE(
    `${flag}: the model has no value, node or layer ${JSON.stringify(name)}`,
    close === undefined ? 'mlctl inspect MODEL --ops lists them' : `did you mean ${close}?`,
  );
}

/** Of the last call of a layer the reader knows by its path, or by its end where only one layer ends so. */
function layerOutputs({ layers = [] }: Model, name: string): readonly string[] | undefined {
  const exact = layers.findLast(({ path }) => path === name);
  if (exact) return exact.outputs;
  const ending = layers.filter(({ path }) => path.endsWith(`/${name}`));
  const isOne = new Set(ending.map(({ path }) => path)).size === 1;
  return isOne ? ending.at(-1)?.outputs : undefined;
}

/** What leaves the nodes of that name and those under it (`dense`, `dense/bias_add` …): the results of a layer. */
function resultsOf(graph: Graph, layer: string): string[] {
  const isInside = ({ name }: Node) => name === layer || name.startsWith(`${layer}/`);
  const made = new Set(graph.nodes.filter(isInside).flatMap(({ outputs }) => outputs));
  if (made.size === 0) return [];
  const leaving = new Set(graph.outputs.filter((output) => made.has(output)));
  for (const node of graph.nodes) {
    if (isInside(node)) continue;
    for (const value of readValues(node)) if (made.has(value)) leaving.add(value);
  }
  return [...leaving];
}
