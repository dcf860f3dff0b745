// Which tensors a layer is called with. Keras 1 and 2 write `[["dense", 0, 0, {}], …]` per call; Keras 3 writes the
// call's arguments with `__keras_tensor__` objects in them.

import { type Fail, isRecord, spell } from './json-shape.ts';
import type { LayerCall, TensorRef } from './spec.ts';

const DEEPEST = 50;

/** One entry of `inbound_nodes`. */
export function readCall(node: unknown, fail: Fail): LayerCall {
  if (isRecord(node)) return { inputs: tensorsIn(node.args, fail), ...readKeywords([node.kwargs], fail) };
  if (!Array.isArray(node)) return fail(`an entry of inbound_nodes is ${spell(node)}`);
  // Layers made from a function have one entry per call that is not wrapped in a list.
  const entries: unknown[] = typeof node[0] === 'string' ? [node] : node;
  const inputs: TensorRef[] = [];
  const keywords: unknown[] = [];
  for (const entry of entries) {
    const ref = readRef(entry);
    if (ref !== undefined) inputs.push(ref);
    else if (!Array.isArray(entry) || !isConstant(entry)) fail(`an input of a layer is ${spell(entry)}`);
    if (Array.isArray(entry) && entry.length > 3) keywords.push(entry[3]);
  }
  return { inputs, ...readKeywords(keywords, fail) };
}

function readKeywords(given: readonly unknown[], fail: Fail): Omit<LayerCall, 'inputs'> {
  const keywords: Record<string, readonly (TensorRef | null)[]> = {};
  const options: Record<string, unknown> = {};
  for (const [name, value] of given.flatMap((item) => (isRecord(item) ? Object.entries(item) : []))) {
    const refs = tensorsIn(value, fail);
    if (refs.length === 0) options[name] = value;
    else keywords[name] = itemsOf(value, fail) ?? refs;
  }
  return { extra: tensorsIn(given, fail), keywords, options };
}

/** A list of tensors and nulls as it is; undefined for anything else. */
function itemsOf(value: unknown, fail: Fail): (TensorRef | null)[] | undefined {
  if (!Array.isArray(value) || readRef(value) !== undefined) return undefined;
  const items = value.map((item: unknown) => ({ item, refs: tensorsIn(item, fail) }));
  const isPlain = items.every(({ item, refs }) => refs.length === 1 || (refs.length === 0 && item === null));
  return isPlain ? items.map(({ refs }) => refs[0] ?? null) : undefined;
}

/** `input_layers` and `output_layers`: one reference, a list of them, or references by name. */
export function readRefs(value: unknown, fail: Fail): TensorRef[] {
  const single = readRef(value);
  if (single !== undefined) return [single];
  const entries = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : undefined;
  if (entries === undefined) return fail(`input_layers or output_layers is ${spell(value)}`);
  return entries.flatMap((entry) => {
    const ref = readRef(entry);
    if (ref !== undefined) return [ref];
    return Array.isArray(entry) && entry.length > 0
      ? readRefs(entry, fail)
      : fail(`a model's input or output is ${spell(entry)}`);
  });
}

/** `[layer, call, tensor, …]`; undefined for anything else. */
export function readRef(entry: unknown): TensorRef | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [layer, call, tensor] = entry;
  if (typeof layer !== 'string' || !isIndex(call) || !isIndex(tensor)) return undefined;
  return { layer, call, tensor };
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** `["_CONSTANT_VALUE", -1, 0.5, {}]`: a number given to a function. */
function isConstant(entry: readonly unknown[]): boolean {
  return entry[0] === '_CONSTANT_VALUE';
}

function tensorsIn(value: unknown, fail: Fail, depth = 0): TensorRef[] {
  if (depth > DEEPEST) fail('the arguments of a call are nested too deep');
  const ref = readRef(value);
  if (ref !== undefined) return [ref];
  if (Array.isArray(value)) return value.flatMap((item) => tensorsIn(item, fail, depth + 1));
  if (!isRecord(value)) return [];
  if (value.class_name === '__keras_tensor__') {
    const history = isRecord(value.config) ? readRef(value.config.keras_history) : undefined;
    return history === undefined ? fail('a __keras_tensor__ has no keras_history') : [history];
  }
  return Object.values(value).flatMap((item) => tensorsIn(item, fail, depth + 1));
}
