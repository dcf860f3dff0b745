// Gives inputs and outputs other names.

import { errors } from '../../errors.ts';
import type { Graph, Model } from '../../graph/model.ts';
import { didYouMean } from '../../nearest.ts';
import { allGraphs } from '../nested.ts';

/**
 * Changes the model in place; all names change at once, so that two can be swapped. Errors: USAGE.
 *
 * @example renameInterface(model, new Map([['input_1', 'image']]));
 */
export function renameInterface(model: Model, names: ReadonlyMap<string, string>): void {
  const { inputs, outputs } = model.graph;
  const known = [...inputs, ...outputs];
  const taken = takenNames(model);
  const given = new Set<string>();
  for (const [from, to] of names) {
    if (!known.includes(from)) {
      throw errors.USAGE(
        `--rename: ${JSON.stringify(from)} is neither an input nor an output`,
        didYouMean(from, known),
      );
    }
    if (given.has(to)) throw errors.USAGE(`--rename gives the name ${JSON.stringify(to)} twice`);
    if (taken.has(to) && !names.has(to)) {
      throw errors.USAGE(
        `--rename: another value of the model is called ${JSON.stringify(to)}`,
        'choose a name that is free',
      );
    }
    given.add(to);
  }
  renameValues(model, names);
}

/** Every value name of the model: inner graphs see the names around them, so none may be used again. */
export function takenNames(model: Model): Set<string> {
  const taken = new Set<string>();
  for (const graph of allGraphs(model)) {
    for (const name of [...graph.inputs, ...graph.outputs, ...graph.initializers.keys()]) taken.add(name);
    for (const { inputs, outputs } of graph.nodes)
      for (const name of [...inputs, ...outputs]) taken.add(name);
  }
  return taken;
}

/** Renames values wherever they stand. The new names have to be free. */
export function renameValues(model: Model, names: ReadonlyMap<string, string>): void {
  if (names.size === 0) return;
  const called = (name: string): string => names.get(name) ?? name;
  for (const graph of allGraphs(model)) renameIn(graph, called);
  if (model.layers) {
    model.layers = model.layers.map((layer) => ({ ...layer, outputs: layer.outputs.map(called) }));
  }
}

function renameIn(graph: Graph, called: (name: string) => string): void {
  graph.inputs = graph.inputs.map(called);
  graph.outputs = graph.outputs.map(called);
  graph.initializers = new Map([...graph.initializers].map(([name, tensor]) => [called(name), tensor]));
  graph.types = new Map([...graph.types].map(([name, type]) => [called(name), type]));
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map(called);
    node.outputs = node.outputs.map(called);
  }
}
