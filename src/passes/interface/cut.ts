// Makes chosen values the outputs and drops what they do not need.
//
//   x → a → b → c → y,  z → c     cut at b     x → a → b

import { errors } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import { readValues } from '../../graph/order.ts';
import removeDeadCode from '../remove-dead-code.ts';
import { findValue } from './find-value.ts';
import { renameValues, takenNames } from './rename.ts';

/**
 * Changes the model in place. `names`: of values, nodes or layers; an output is called what the user called it where
 * that name is free. Errors: USAGE.
 *
 * @example cutOutputs(model, ['block5_pool']);
 */
export function cutOutputs(model: Model, names: readonly string[]): void {
  const { graph } = model;
  const chosen = names.map((name) => ({ name, value: findValue(model, name, '--outputs') }));
  const values = chosen.map(({ value }) => value);
  for (const [index, { name, value }] of chosen.entries()) {
    if (values.indexOf(value) !== index) throw errors.USAGE(`--outputs names ${JSON.stringify(name)} twice`);
    if (graph.inputs.includes(value)) throw errors.USAGE(`--outputs: ${JSON.stringify(name)} is an input`);
    if (!graph.types.has(value)) {
      throw errors.USAGE(`--outputs: the type of ${JSON.stringify(name)} is not known before the model runs`);
    }
  }
  graph.outputs = values;
  removeDeadCode.run(model);
  const read = new Set([...graph.outputs, ...graph.nodes.flatMap(readValues)]);
  graph.inputs = graph.inputs.filter((name) => read.has(name));
  const taken = takenNames(model);
  const isFree = (name: string) => !taken.has(name);
  const wanted = chosen.filter(({ name, value }) => name !== value && isFree(name));
  renameValues(model, new Map(wanted.map(({ name, value }) => [value, name])));
}
