// Reshape and Flatten. Axes fall into groups that are merged or split as a whole; axes of length one belong to none.
//
//   1. Groups that stay whole may be held in another order: the result is held with its groups in that order.
//   2. A group that becomes one axis may be held with its own axes in another order: then the entries of that axis
//      are held in another order, and what reads them (a Dense layer's weights) can be rearranged to match.

import type { Dim, Node, Shape } from '../../graph/model.ts';
import { int64 } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import { heldShape, type Layout, type Part, permuted, same, shapeEntries } from './layout.ts';
import type { Mover, Operand, Plan } from './mover.ts';

export const reshaping: Readonly<Record<string, Mover>> = { Reshape: move, Flatten: move };

function move(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  if (operand.index !== 0) return undefined;
  const from = rewriter.shape(node.inputs[0]);
  const to = rewriter.shape(node.outputs[0]);
  const groups = from && to && groupAxes(from, to);
  if (!from || !to || !groups) return undefined;
  const isForward = operand.side === 'input';
  const [near, far] = isForward ? [from, to] : [to, from];
  const sides = isForward ? groups : groups.map(([a, b]): Group => [b, a]);
  const other = across(layout, near, far, sides);
  if (!other) return undefined;
  const [input, output] = isForward ? [layout, other] : [other, layout];
  const entries = shapeEntries(heldShape(to, output), heldShape(from, input));
  if (!entries) return undefined;
  return {
    inputs: [input, ...node.inputs.slice(1).map(() => same)],
    outputs: [output],
    adjust(node, rewriter) {
      const shape = rewriter.addConstant(`${node.name}/shape`, int64(entries));
      rewriter.setInputs(node, [node.inputs[0] ?? '', shape]);
      node.opType = 'Reshape';
      node.attributes.clear();
    },
  };
}

type Group = readonly [near: readonly number[], far: readonly number[]];

/** Pairs of axis lists with the same product, in order; undefined when symbols or unknown axes hide them. */
function groupAxes(from: Shape, to: Shape): Group[] | undefined {
  const left = from.map((dim, axis) => ({ dim, axis })).filter(({ dim }) => dim !== 1);
  const right = to.map((dim, axis) => ({ dim, axis })).filter(({ dim }) => dim !== 1);
  const groups: Group[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const a = left[i];
    const b = right[j];
    if (!a || !b) return undefined;
    if (isSymbolic(a.dim) || isSymbolic(b.dim)) {
      if (!isSameAxis(a, b, from, to)) return undefined;
      groups.push([[a.axis], [b.axis]]);
      i++;
      j++;
      continue;
    }
    const near: number[] = [];
    const far: number[] = [];
    let p = 1;
    let q = 1;
    do {
      const next = p <= q ? left[i++] : right[j++];
      if (!next || typeof next.dim !== 'number' || next.dim === 0) return undefined;
      if (p <= q) {
        near.push(next.axis);
        p *= next.dim;
      } else {
        far.push(next.axis);
        q *= next.dim;
      }
    } while (p !== q);
    groups.push([near, far]);
  }
  return groups;
}

function isSymbolic(dim: Dim): boolean {
  return typeof dim !== 'number';
}

type Axis = { readonly dim: Dim; readonly axis: number };

/** The same symbol; or the one open axis of both sides, when all the others multiply to the same. */
function isSameAxis(a: Axis, b: Axis, from: Shape, to: Shape): boolean {
  if (typeof a.dim === 'number' || typeof b.dim === 'number') return false;
  if (a.dim !== null && a.dim === b.dim) return true;
  const product = (shape: Shape) =>
    shape.reduce<number>((sum, dim) => sum * (typeof dim === 'number' ? dim : 1), 1);
  const isOnly = (shape: Shape) => shape.filter(isSymbolic).length === 1;
  return isOnly(from) && isOnly(to) && product(from) === product(to) && product(from) > 0;
}

/** The layout on the other side of the reshape. */
function across(layout: Layout, near: Shape, far: Shape, groups: readonly Group[]): Layout | undefined {
  if (layout.kind === 'same') return undefined;
  if (layout.kind === 'order') return unflatten(layout.axis, layout.parts, far, groups);
  const place = new Map(groups.flatMap(([axes], index) => axes.map((axis) => [axis, index] as const)));
  const long = layout.perm.filter((axis) => near[axis] !== 1);
  // The groups in the order in which the held value has them, each with its axes in that order.
  const runs: { group: number; axes: number[] }[] = [];
  for (const axis of long) {
    const group = place.get(axis) ?? -1;
    const last = runs.at(-1);
    if (last?.group === group) last.axes.push(axis);
    else runs.push({ group, axes: [axis] });
  }
  if (runs.length !== groups.length) return undefined;
  const mixed = runs.filter(({ axes }) => !isAscending(axes));
  const order = runs.map(({ group }) => group);
  if (mixed.length === 0) {
    const axes = order.flatMap((group) => [...(groups[group]?.[1] ?? [])]);
    return isAscending(axes) ? same : permuted(placeUnits(axes, far, layout.perm));
  }
  const [run] = mixed;
  if (mixed.length > 1 || !isAscending(order) || !run) return undefined;
  const [axes, target] = groups[run.group] ?? [[], []];
  const dims = axes.map((axis) => near[axis] ?? null);
  if (target.length !== 1 || !dims.every((dim) => typeof dim === 'number')) return undefined;
  const part: Part = { dims, perm: run.axes.map((axis) => axes.indexOf(axis)) };
  return { kind: 'order', axis: target[0] ?? 0, parts: [part] };
}

/** An axis whose entries are held as a transposed block becomes the axes of that block. */
function unflatten(
  axis: number,
  parts: readonly Part[],
  far: Shape,
  groups: readonly Group[],
): Layout | undefined {
  const [part] = parts;
  const group = groups.find(([axes]) => axes.length === 1 && axes[0] === axis);
  if (parts.length !== 1 || !part || !group) return undefined;
  const [, target] = group;
  const isBlock =
    target.length === part.dims.length && target.every((to, index) => far[to] === part.dims[index]);
  if (!isBlock) return undefined;
  const order = groups.flatMap(([, axes]) =>
    axes === target ? part.perm.map((index) => target[index] ?? 0) : [...axes],
  );
  return permuted(placeUnits(order, far, undefined));
}

function isAscending(axes: readonly number[]): boolean {
  return axes.every((axis, index) => index === 0 || axis > (axes[index - 1] ?? 0));
}

/**
 * A permutation of all axes in which the long ones come in this order. The axes of length one may lie anywhere; the
 * usual orders are preferred, because what comes next most likely wants one of them.
 */
function placeUnits(order: readonly number[], shape: Shape, like: readonly number[] | undefined): number[] {
  const rank = shape.length;
  const spatial = Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => axis);
  const usual = [
    [0, rank - 1, ...spatial.map((axis) => axis + 1)],
    [0, ...spatial.map((axis) => axis + 2), 1],
  ];
  const candidates = like?.length === rank ? [like, ...usual] : usual;
  for (const candidate of candidates) {
    const long = candidate.filter((axis) => shape[axis] !== 1);
    if (rank >= 3 && String(long) === String(order)) return [...candidate];
  }
  const rest = [...order];
  return shape.map((dim, axis) => (dim === 1 ? axis : (rest.shift() ?? axis)));
}
