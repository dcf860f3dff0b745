// The oldest operator set in which a node can stand as it is.

import type { Attribute, Node, ValueType } from '../graph/model.ts';
import { history } from './history.ts';
import { lookup } from './registry.ts';

export type Least = { readonly opset: number; readonly why: string };

/** The latest thing the node relies on; opset 0 for operators of other domains. `typeOf` knows its values. */
export function leastOpset(node: Node, typeOf: (value: string) => ValueType | undefined): Least {
  const signature = node.domain === '' ? lookup(node)?.signature : undefined;
  if (signature === undefined) return { opset: 0, why: '' };
  const { later, since } = signature;
  const known = history[node.opType];
  const found: Least[] = [{ opset: since, why: 'the operator came then' }];
  for (const name of node.attributes.keys()) {
    const opset = later?.attributes?.[name] ?? known?.attributes?.[name] ?? 0;
    found.push({ opset, why: `the attribute "${name}" came then` });
  }
  for (const [index, name] of node.inputs.entries()) {
    if (name === '') continue;
    const opset = later?.inputs?.[index + 1] ?? known?.inputs?.[index] ?? 0;
    found.push({ opset, why: `input ${index + 1} came then` });
  }
  for (const [letter, values] of [['i', node.inputs] as const, ['o', node.outputs] as const]) {
    for (const [index, value] of values.entries()) {
      const type = typeOf(value);
      const name = type?.kind === 'tensor' ? type.dtype : type?.kind;
      if (name === undefined) continue;
      const isLater = name === 'bfloat16' ? (later?.bfloat16 ?? 0) : 0;
      const opset = Math.max(isLater, sinceFor(node.opType, letter, index, name));
      found.push({ opset, why: `it takes ${name} since then` });
    }
  }
  return found.reduce((most, one) => (one.opset > most.opset ? one : most));
}

function sinceFor(opType: string, letter: 'i' | 'o', index: number, type: string): number {
  for (const [slots, rows] of Object.entries(history[opType]?.types ?? {})) {
    if (!slots.split(' ').some((slot) => isSlot(slot, letter, index))) continue;
    for (const [since, types] of Object.entries(rows))
      if (types.split(' ').includes(type)) return Number(since);
  }
  return 0;
}

/** `i2` is the third input, `i2+` all from the third on. */
function isSlot(slot: string, letter: 'i' | 'o', index: number): boolean {
  if (!slot.startsWith(letter)) return false;
  const from = Number.parseInt(slot.slice(1), 10);
  return slot.endsWith('+') ? index >= from : index === from;
}

/** Takes attributes away that came after `opset` and say what is so without them. */
export function dropDefaults(node: Node, opset: number): void {
  const signature = node.domain === '' ? lookup(node)?.signature : undefined;
  for (const [name, attribute] of node.attributes) {
    const since = signature?.later?.attributes?.[name] ?? history[node.opType]?.attributes?.[name] ?? 0;
    const usual = signature?.attributes?.[name];
    if (since > opset && usual && isSame(attribute, usual)) node.attributes.delete(name);
  }
}

function isSame(a: Attribute, b: Attribute): boolean {
  return a.type === b.type && JSON.stringify(a.value) === JSON.stringify(b.value);
}
