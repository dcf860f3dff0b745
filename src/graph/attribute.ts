// Short ways to make attributes and to read them with their ONNX default.

import type { Attribute, Node } from './model.ts';
import type { Tensor } from './tensor.ts';

type Plain = number | string | readonly number[] | readonly string[];

/** An integer attribute, or a list of them. */
export function int(value: number | readonly number[]): Attribute {
  return typeof value === 'number' ? { type: 'int', value } : { type: 'ints', value };
}

export function float(value: number | readonly number[]): Attribute {
  return typeof value === 'number' ? { type: 'float', value } : { type: 'floats', value };
}

export function string(value: string | readonly string[]): Attribute {
  return typeof value === 'string' ? { type: 'string', value } : { type: 'strings', value };
}

export function tensor(value: Tensor): Attribute {
  return { type: 'tensor', value };
}

/** The attribute's plain value, or `fallback` when the node does not have it. */
export function attribute<T extends Plain | undefined>(node: Node, name: string, fallback: T): Widen<T> {
  const found = node.attributes.get(name);
  return (found === undefined ? fallback : found.value) as Widen<T>;
}

// A default of 1 means "a number", not "the literal 1".
type Widen<T> = T extends number ? number : T extends string ? string : T;
