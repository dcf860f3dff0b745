// The steps that downgrades are made of.

import { int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { Downgrade, UpgradeContext } from './definition.ts';
import { numbersIn } from './integers.ts';

/** Turns a constant list at input `index` into an attribute; an empty one counts as left out. */
export function inputToInts(name: string, index: number): Downgrade['rewrite'] {
  return (node, context) => {
    if (isGiven(node, index)) {
      const values = constantInts(node, index, context);
      if (values === undefined) return `its ${name} are known only when the model runs`;
      if (values.length > 0) node.attributes.set(name, int(values));
    }
    dropInput(node, index);
    return [node];
  };
}

/** Up to 10 an axis could not be counted from the end. */
export const axesFromFront: Downgrade['rewrite'] = (node, context) => {
  const rank = context.shape(node.inputs[0] ?? '')?.length;
  for (const name of ['axis', 'axes']) {
    const attribute = node.attributes.get(name);
    const values =
      attribute?.type === 'int' ? [attribute.value] : attribute?.type === 'ints' ? attribute.value : [];
    if (values.every((axis) => axis >= 0)) continue;
    if (rank === undefined) return 'an axis counts from the end of a tensor of unknown rank';
    const counted = values.map((axis) => (axis < 0 ? axis + rank : axis));
    node.attributes.set(name, int(attribute?.type === 'int' ? (counted[0] ?? 0) : counted));
  }
  return [node];
};

/** Up to 12 there was one scale for the whole tensor. */
export const perTensorOnly: Downgrade['rewrite'] = (node, context) => {
  const dims = context.shape(node.inputs[1] ?? '');
  if (dims?.every((dim) => dim === 1)) {
    node.attributes.delete('axis');
    return [node];
  }
  return 'it has a scale for each channel';
};

export function isGiven(node: Node, index: number): boolean {
  return (node.inputs[index] ?? '') !== '';
}

/** The numbers of a constant input. */
export function constantInts(
  node: Node,
  index: number,
  context: UpgradeContext,
): readonly number[] | undefined {
  const tensor = context.tensor(node.inputs[index] ?? '');
  return tensor && numbersIn(tensor);
}

/** Leaves an input out, and the empty ones at the end of the list. */
export function dropInput(node: Node, index: number): void {
  if (index < node.inputs.length) node.inputs[index] = '';
  while (node.inputs.at(-1) === '') node.inputs.pop();
}
