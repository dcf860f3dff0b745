// Places where two graphs can be compared: values of the first that the second, rewritten from it, still has. Rewriting
// keeps names, and says in the name when a value is held in another order of axes.

import { isFloat } from '../../graph/dtype.ts';
import type { Dim, Model, Node, TensorType } from '../../graph/model.ts';

export type Point = {
  /** Layer path, or the node's name where the reader knows no layers. */
  readonly name: string;
  /** Layer class or operator. */
  readonly kind: string;
  readonly isLayer: boolean;
  /** In the first graph. */
  readonly value: string;
  /** In the second: the value's name there, and the order of its axes if it differs. */
  readonly counterpart: string;
  /** Orders of axes that may have been applied; one that fits is enough. */
  readonly perms: readonly (readonly number[])[];
};

export type Points = {
  /** In the order data flows. */
  readonly points: readonly Point[];
  /** The layer or node that made each value of the first graph that has no counterpart. */
  readonly unmatched: ReadonlyMap<string, string>;
  /** The nodes of the first graph by the values they make. */
  readonly makers: ReadonlyMap<string, Node>;
};

/** Types of both graphs have to be inferred. */
export function findPoints(before: Model, after: Model): Points {
  const makers = new Map<string, Node>();
  for (const node of before.graph.nodes) for (const output of node.outputs) makers.set(output, node);
  const held = heldValues(after);
  const twins = movedValues(before);
  const points: Point[] = [];
  const unmatched = new Map<string, string>();
  const seen = new Set<string>();
  for (const place of placesOf(before)) {
    if (!makers.has(place.value) || seen.has(place.value)) continue;
    const same = twins(place.value);
    // A layer that hands its input on has nothing of its own to compare.
    if (same.some((value) => seen.has(value))) continue;
    for (const value of same) seen.add(value);
    const found = same.map((value) => match(before, after, value, held)).find((match) => match !== undefined);
    if (found) points.push({ ...place, ...found });
    else unmatched.set(place.value, place.name);
  }
  return { points, unmatched, makers };
}

type Place = Pick<Point, 'name' | 'kind' | 'isLayer' | 'value'>;

function placesOf({ graph, layers }: Model): Place[] {
  const places = (layers ?? []).flatMap(({ path, className, outputs }) =>
    outputs.map((value) => ({ name: path, kind: className, isLayer: true, value })),
  );
  if (places.length > 0) return places;
  return graph.nodes.flatMap(({ name, opType, outputs }) =>
    outputs
      .filter((value) => value !== '')
      .map((value) => ({ name: name || value, kind: opType, isLayer: false, value })),
  );
}

/** For each value, itself and those that hold the same elements after Identity and Transpose, nearest first. */
function movedValues({ graph }: Model): (value: string) => string[] {
  const next = new Map<string, string[]>();
  const link = (from: string, to: string) => next.set(from, [...(next.get(from) ?? []), to]);
  for (const { opType, domain, inputs, outputs } of graph.nodes) {
    const [input, output] = [inputs[0], outputs[0]];
    if (domain !== '' || !(opType === 'Identity' || opType === 'Transpose') || !input || !output) continue;
    link(input, output);
    link(output, input);
  }
  return (value) => {
    const found = new Set([value]);
    for (const at of found) for (const other of next.get(at) ?? []) found.add(other);
    return [...found];
  };
}

/** What stands in the second graph under a name of the first, with its axes in the order `perm`. */
type Held = { readonly value: string; readonly perm: readonly number[] };

/** Rewriting names a value after the one it holds in another order: `conv:0/0312`, and so on from there. */
function heldValues({ graph, layers }: Model): Map<string, Held[]> {
  // A reader that knows its file's own names says what became of each; a node of that name may be a part of it only.
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const named = new Map<string, string>();
  for (const { path, outputs } of layers ?? []) {
    const [value] = outputs;
    if (value !== undefined && made.has(value)) named.set(path, value);
  }
  for (const value of made) if (value !== '' && !named.has(value)) named.set(value, value);
  const held = new Map<string, Held[]>();
  for (const [name, value] of named) {
    let of = name;
    let perm: readonly number[] = [];
    for (;;) {
      held.set(of, [...(held.get(of) ?? []), { value, perm }]);
      const [, outer, digits = ''] = /^(.+)\/(\d{2,8})(?:_\d+)?$/.exec(of) ?? [];
      const own = [...digits].map(Number);
      if (outer === undefined || !own.every((_, axis) => own.includes(axis))) break;
      if (perm.length > 0 && perm.length !== own.length) break;
      const last = perm;
      perm = last.length === 0 ? own : last.map((axis) => own[axis] ?? 0);
      of = outer;
    }
  }
  return held;
}

function match(
  before: Model,
  after: Model,
  value: string,
  held: ReadonlyMap<string, readonly Held[]>,
): Pick<Point, 'value' | 'counterpart' | 'perms'> | undefined {
  const type = before.graph.types.get(value);
  if (type?.kind !== 'tensor' || type.shape === undefined) return undefined;
  const { shape } = type;
  const turned = (perm: readonly number[]) => perm.map((axis) => shape[axis] ?? null);
  // The shortest name first: the least has happened to it.
  for (const { value: counterpart, perm } of held.get(value) ?? []) {
    const found = fitting(after, counterpart, type);
    if (found && fits(perm.length === 0 ? shape : turned(perm), found))
      return { value, counterpart, perms: perm.length === 0 ? [] : [perm] };
  }
  for (const { value: counterpart, perm } of held.get(value) ?? []) {
    const found = perm.length === 0 ? fitting(after, counterpart, type) : undefined;
    if (!found) continue;
    // The name alone does not say how the axes lie.
    const perms = permutations(shape.length).filter((order) => fits(turned(order), found));
    if (perms.length > 0) return { value, counterpart, perms };
  }
  return undefined;
}

/** The shape of the value in the second graph when it can be compared: numbers of the same kind, the same rank. */
function fitting({ graph }: Model, value: string, wanted: TensorType): readonly Dim[] | undefined {
  const isMade = graph.types.get(value);
  if (isMade?.kind !== 'tensor' || isMade.shape === undefined || graph.initializers.has(value))
    return undefined;
  const isSameKind = isMade.dtype === wanted.dtype || (isFloat(isMade.dtype) && isFloat(wanted.dtype));
  return isSameKind && isMade.shape.length === wanted.shape?.length ? isMade.shape : undefined;
}

/** Fixed axes are equal; symbols may be called differently. */
function fits(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.every((dim, axis) => typeof dim !== 'number' || typeof b[axis] !== 'number' || dim === b[axis]);
}

function permutations(rank: number): number[][] {
  if (rank > 5) return [];
  if (rank === 0) return [[]];
  return permutations(rank - 1).flatMap((perm) =>
    Array.from({ length: rank }, (_, at) => [...perm.slice(0, at), rank - 1, ...perm.slice(at)]),
  );
}
