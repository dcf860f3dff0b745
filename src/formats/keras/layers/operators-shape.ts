// Operators that move elements without changing them, and the matrix product.
// https://keras.io/api/ops/numpy/

import { int } from '../../../graph/attribute.ts';
import type { Dim } from '../../../graph/model.ts';
import { isRecord, spell } from '../json-shape.ts';
import type { Layer, Value } from '../layer.ts';
import { familyOfRows, type Rows } from '../operators/family.ts';
import {
  argumentOf,
  axesIn,
  broadcast,
  cast,
  flag,
  integers,
  operand,
  plain,
  promote,
} from '../operators/operands.ts';
import { concatenate } from './elementwise.ts';

const MOST_AXES = 32;

const ROWS: Rows = {
  Reshape(layer) {
    const x = subject(layer);
    const target = integers(layer, 1, 'newshape', 'shape') ?? layer.fail('it has no shape');
    return reshape(layer, x, target);
  },
  Transpose(layer) {
    const x = subject(layer);
    const rank = x.shape.length;
    const perm = integers(layer, 1, 'axes', 'perm') ?? [...x.shape.keys()].reverse();
    const axes = axesIn(layer, perm, rank);
    if (axes.length !== rank) layer.fail(`it gives ${axes.length} axes an order where there are ${rank}`);
    const name = layer.add('Transpose', [x.name], { attributes: { perm: int(axes) } });
    return { ...x, name, shape: axes.map((axis) => x.shape[axis] ?? null) };
  },
  ExpandDims(layer) {
    const x = subject(layer);
    const given = integers(layer, 1, 'axis') ?? layer.fail('it has no axis');
    return expand(layer, x, axesIn(layer, given, x.shape.length + given.length), '');
  },
  Squeeze(layer) {
    const x = subject(layer);
    const ones = [...x.shape.keys()].filter((axis) => x.shape[axis] === 1);
    const axes = axesIn(layer, integers(layer, 1, 'axis') ?? ones, x.shape.length);
    if (axes.some((axis) => typeof x.shape[axis] === 'number' && x.shape[axis] !== 1)) {
      layer.fail(`axis ${axes.join(', ')} of ${x.shape.join(' x ')} is not of length 1`);
    }
    return squeeze(layer, x, axes, '');
  },
  Concatenate(layer) {
    const [axis = -1] = integers(layer, 1, 'axis') ?? [];
    return concatenate(layer, listOf(layer), axis);
  },
  Stack(layer) {
    const values = listOf(layer);
    const [first] = values;
    const rank = (first?.shape.length ?? 0) + 1;
    const [axis = 0] = axesIn(layer, integers(layer, 1, 'axis') ?? [0], rank);
    const raised = values.map((value, index) => expand(layer, value, [axis], `unsqueeze_${index}`));
    return concatenate(layer, raised, axis);
  },
  Matmul(layer) {
    const [a, b] = [argumentOf(layer, 0, 'x1', 'a'), argumentOf(layer, 1, 'x2', 'b')];
    return multiply(
      layer,
      turned(layer, operand(layer, a, 'x1'), flag(layer, 2, 'transpose_a'), 'x1'),
      turned(layer, operand(layer, b, 'x2'), flag(layer, 3, 'transpose_b'), 'x2'),
    );
  },
  GetItem(layer) {
    const x = subject(layer);
    return slice(layer, x, itemsOf(plain(layer, 1, 'key', 'slice_spec')));
  },
};

export default familyOfRows(ROWS);

function subject(layer: Layer): Value {
  return operand(layer, argumentOf(layer, 0, 'x', 'tensor', 'a', 'input'), 'x');
}

function listOf(layer: Layer): Value[] {
  const given = argumentOf(layer, 0, 'xs', 'x', 'values');
  if (given?.kind !== 'list' || given.items.length === 0)
    return layer.refuse('it is not called with a list of tensors');
  const values = given.items.map((item, index) => operand(layer, item, `x${index}`));
  const dtype = values.map((value) => value.dtype).reduce((a, b) => promote(layer, a, b));
  return values.map((value, index) => cast(layer, value, dtype, `cast_${index}`));
}

function reshape(layer: Layer, x: Value, target: readonly number[]): Value {
  const open = target.indexOf(-1);
  const isShape = target.length <= MOST_AXES && target.every((dim) => dim === -1 || dim > 0);
  if (!isShape || target.lastIndexOf(-1) !== open) layer.refuse(`its shape is ${target.join(' x ')}`);
  const product = (dims: readonly Dim[]) => dims.reduce<number>((total, dim) => total * Number(dim), 1);
  const stated = product(target.filter((dim) => dim !== -1));
  const unknown = x.shape.filter((dim) => typeof dim !== 'number');
  const known = product(x.shape.filter((dim) => typeof dim === 'number'));
  let missing: Dim = layer.symbol('length');
  if (unknown.length === 0) {
    missing = known / stated;
    if (open < 0 ? missing !== 1 : !Number.isInteger(missing)) {
      layer.fail(`${x.shape.join(' x ')} numbers cannot become ${target.join(' x ')}`);
    }
  } else if (unknown.length === 1 && known === stated) {
    // Only the axis of unknown length moves, such as the batch.
    missing = unknown[0] ?? null;
  }
  const shape = target.map((dim): Dim => (dim === -1 ? missing : dim));
  return { ...x, name: layer.add('Reshape', [x.name, layer.ints('shape', target)]), shape };
}

function expand(layer: Layer, x: Value, axes: readonly number[], suffix: string): Value {
  const name = layer.add('Unsqueeze', [x.name, layer.ints(`${suffix || 'unsqueeze'}_axes`, axes)], {
    ...(suffix && { suffix }),
  });
  const shape: Dim[] = [...x.shape];
  for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  return { ...x, name, shape };
}

function squeeze(layer: Layer, x: Value, axes: readonly number[], suffix: string): Value {
  if (axes.length === 0) return x;
  const name = layer.add('Squeeze', [x.name, layer.ints('squeeze_axes', axes)], {
    ...(suffix && { suffix }),
  });
  return { ...x, name, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
}

function turned(layer: Layer, x: Value, isTurned: boolean, label: string): Value {
  const rank = x.shape.length;
  if (!isTurned || rank < 2) return x;
  const perm = [...x.shape.keys()].with(-1, rank - 2).with(-2, rank - 1);
  const name = layer.add('Transpose', [x.name], {
    suffix: `${label}_turned`,
    attributes: { perm: int(perm) },
  });
  return { ...x, name, shape: perm.map((axis) => x.shape[axis] ?? null) };
}

function multiply(layer: Layer, a: Value, b: Value): Value {
  const [left, right] = [a.shape.at(-1), b.shape.at(-2)];
  if (a.shape.length < 2 || b.shape.length < 2) return layer.refuse('it multiplies a vector');
  if (typeof left === 'number' && typeof right === 'number' && left !== right) {
    layer.fail(`it multiplies ${left} columns with ${right} rows`);
  }
  const dtype = promote(layer, a.dtype, b.dtype);
  const [x, y] = [cast(layer, a, dtype, 'x1_cast'), cast(layer, b, dtype, 'x2_cast')];
  const outer = broadcast(layer, a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...outer, a.shape.at(-2) ?? null, b.shape.at(-1) ?? null];
  return { name: layer.add('MatMul', [x.name, y.name]), dtype, shape };
}

type Item = { readonly start: unknown; readonly stop: unknown; readonly step: unknown };

/** `x[1:, ..., 0]` is a list of slices, numbers, null for a new axis, and an ellipsis. */
function itemsOf(key: unknown): readonly unknown[] {
  return Array.isArray(key) ? key : [key];
}

function isEllipsis(item: unknown): boolean {
  return item === '...' || (isRecord(item) && /ellipsis/i.test(String(item.class_name)));
}

function sliceOf(item: unknown): Item | undefined {
  if (!isRecord(item)) return undefined;
  const inner = item.class_name === '__slice__' || item.class_name === 'slice' ? item.config : item;
  if (!isRecord(inner) || !('start' in inner || 'stop' in inner)) return undefined;
  return { start: inner.start ?? null, stop: inner.stop ?? null, step: inner.step ?? null };
}

/** Further than any axis is long; ONNX stops at its end. */
const FAR = 2 ** 31 - 1;

function slice(layer: Layer, x: Value, items: readonly unknown[]): Value {
  const taken = items.filter((item) => item !== null && item !== undefined && !isEllipsis(item)).length;
  if (taken > x.shape.length || items.length > MOST_AXES) {
    layer.fail(`it takes ${taken} axes of ${x.shape.length}`);
  }
  const cuts: { axis: number; start: number; stop: number; step: number }[] = [];
  const shape: Dim[] = [...x.shape];
  const dropped: number[] = [];
  const added: number[] = [];
  let axis = 0;
  // Counts the axes of the result, for those that are added.
  let place = 0;
  for (const item of items) {
    if (isEllipsis(item)) {
      // Stands for every axis that no other item takes.
      const skipped = x.shape.length - taken;
      axis += skipped;
      place += skipped;
    } else if (item === null || item === undefined) {
      added.push(place);
      place++;
    } else if (typeof item === 'number' && Number.isSafeInteger(item)) {
      const dim = shape[axis];
      if (typeof dim === 'number' && (item >= dim || item < -dim))
        layer.fail(`it takes element ${item} of ${dim}`);
      cuts.push({ axis, start: item, stop: item === -1 ? FAR : item + 1, step: 1 });
      dropped.push(axis);
      shape[axis] = 1;
      axis++;
    } else {
      const read = sliceOf(item);
      if (read === undefined) return layer.refuse(`it takes ${spell(item)} of a tensor`);
      const { cut, dim } = cutOf(layer, read, shape[axis] ?? null, axis);
      if (cut !== undefined) cuts.push({ axis, ...cut });
      shape[axis] = dim;
      axis++;
      place++;
    }
  }
  let value = x;
  if (cuts.length > 0) {
    const list = (label: 'start' | 'stop' | 'axis' | 'step') =>
      layer.ints(
        label,
        cuts.map((cut) => cut[label]),
      );
    const isLast = dropped.length === 0 && added.length === 0;
    const inputs = [x.name, list('start'), list('stop'), list('axis'), list('step')];
    value = { ...x, name: layer.add('Slice', inputs, isLast ? {} : { suffix: 'slice' }), shape };
  }
  value = squeeze(layer, value, dropped, added.length === 0 ? '' : 'squeeze');
  return added.length === 0 ? value : expand(layer, value, added, '');
}

function cutOf(layer: Layer, { start, stop, step }: Item, dim: Dim, axis: number) {
  const number = (value: unknown, fallback: number) => {
    if (value === null) return fallback;
    return typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < FAR
      ? value
      : layer.refuse(`it takes a part from ${spell(start)} to ${spell(stop)}`);
  };
  const by = number(step, 1);
  if (by === 0) layer.fail('it takes every 0th element');
  if (start === null && stop === null && by === 1) return { cut: undefined, dim };
  const cut = {
    start: number(start, by > 0 ? 0 : FAR),
    stop: number(stop, by > 0 ? FAR : -FAR),
    step: by,
  };
  if (typeof dim !== 'number') return { cut, dim: layer.symbol(`slice_${axis}`) };
  const within = (at: number, least: number, most: number) =>
    Math.min(Math.max(at < 0 ? at + dim : at, least), most);
  const [from, to] = by > 0 ? [0, dim] : [-1, dim - 1];
  const length = Math.ceil((within(cut.stop, from, to) - within(cut.start, from, to)) / by);
  if (length <= 0) layer.refuse('it takes no elements at all');
  return { cut, dim: length };
}
