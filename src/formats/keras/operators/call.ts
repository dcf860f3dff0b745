// What an operator is called with: tensors and plain values, by position and by name.

import { readRef } from '../inbound.ts';
import { type Fail, isRecord, spell } from '../json-shape.ts';
import type { TensorRef } from '../spec.ts';

export type Argument<T> =
  | { readonly kind: 'tensor'; readonly tensor: T }
  | { readonly kind: 'list'; readonly items: readonly Argument<T>[] }
  /** Nothing in it is a tensor. */
  | { readonly kind: 'plain'; readonly value: unknown };

export type Arguments<T> = {
  readonly positional: readonly Argument<T>[];
  readonly named: Readonly<Record<string, Argument<T>>>;
};

type Written = Argument<TensorRef>;

const DEEPEST = 20;

/** `node` is an entry of `inbound_nodes`; `constants` those a TensorFlowOpLayer keeps, by the place of the input. */
export function readArguments(node: unknown, constants: unknown, fail: Fail): Arguments<TensorRef> {
  if (isRecord(node)) {
    const positional = Array.isArray(node.args) ? node.args.map((item) => argument(item, fail)) : [];
    return { positional, named: namedArguments(node.kwargs, fail) };
  }
  if (!Array.isArray(node)) return fail(`an entry of inbound_nodes is ${spell(node)}`);
  // One tensor as it is, or a list of them, which is then the first argument.
  const isSingle = typeof node[0] === 'string';
  const entries: unknown[] = isSingle ? [node] : node;
  const named = Object.assign({}, ...entries.map((entry) => namedArguments(keywordsOf(entry), fail)));
  const given = entries.map((entry) => firstArgument(entry, fail));
  if (isRecord(constants)) return { positional: mixed(given, constants, fail), named };
  const [first] = given;
  if (isSingle && first !== undefined) return { positional: [first], named };
  return { positional: [{ kind: 'list', items: given }], named };
}

function keywordsOf(entry: unknown): unknown {
  return Array.isArray(entry) ? entry[3] : undefined;
}

function namedArguments(value: unknown, fail: Fail): Record<string, Written> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, argument(item, fail)]));
}

function firstArgument(entry: unknown, fail: Fail): Written {
  if (Array.isArray(entry) && entry[0] === '_CONSTANT_VALUE') return argument(entry[2], fail);
  const ref = readRef(entry);
  return ref === undefined
    ? fail(`an input of an operator is ${spell(entry)}`)
    : { kind: 'tensor', tensor: ref };
}

function mixed(
  tensors: readonly Written[],
  constants: Readonly<Record<string, unknown>>,
  fail: Fail,
): Written[] {
  const rest = [...tensors];
  const count = tensors.length + Object.keys(constants).length;
  return Array.from({ length: count }, (_, place) => {
    const constant = constants[place];
    if (constant !== undefined) return { kind: 'plain', value: constant };
    return rest.shift() ?? fail('an operator has constants for inputs it does not have');
  });
}

function argument(value: unknown, fail: Fail, depth = 0): Written {
  if (depth > DEEPEST) fail('the arguments of a call are nested too deep');
  const ref = tensorOf(value);
  if (ref !== undefined) return { kind: 'tensor', tensor: ref };
  const items = isRecord(value) && value.class_name === '__tuple__' ? value.items : value;
  if (!Array.isArray(items)) return { kind: 'plain', value };
  const read = items.map((item) => argument(item, fail, depth + 1));
  const isPlain = read.every(({ kind }) => kind === 'plain');
  return isPlain
    ? { kind: 'plain', value: read.map((item) => (item.kind === 'plain' ? item.value : null)) }
    : { kind: 'list', items: read };
}

function tensorOf(value: unknown): TensorRef | undefined {
  if (isRecord(value) && value.class_name === '__keras_tensor__') {
    return isRecord(value.config) ? readRef(value.config.keras_history) : undefined;
  }
  return readRef(value);
}

/** The same arguments with the tensors looked up. */
export function resolveArguments<T>(
  { positional, named }: Arguments<TensorRef>,
  pick: (ref: TensorRef) => T,
): Arguments<T> {
  const resolve = (item: Written): Argument<T> => {
    if (item.kind === 'tensor') return { kind: 'tensor', tensor: pick(item.tensor) };
    return item.kind === 'list' ? { kind: 'list', items: item.items.map(resolve) } : item;
  };
  const names = Object.entries(named).map(([name, item]) => [name, resolve(item)] as const);
  return { positional: positional.map(resolve), named: Object.fromEntries(names) };
}
