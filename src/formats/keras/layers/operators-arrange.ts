// Operators that repeat, pad, turn around, part, count and look up elements.
// https://keras.io/api/ops/numpy/ and https://www.tensorflow.org/api_docs/python/tf

import { int, string } from '../../../graph/attribute.ts';
import { isFloat } from '../../../graph/dtype.ts';
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
} from '../operators/operands.ts';

const FAR = 2 ** 31 - 1;
const MOST_PARTS = 1024;

const ROWS: Rows = {
  Tile(layer) {
    const x = subject(layer);
    const repeats = integers(layer, 1, 'repeats', 'multiples', 'reps') ?? layer.fail('it has no repeats');
    const rank = x.shape.length;
    // numpy reads too few repeats from the last axis on.
    if (repeats.length > rank) layer.refuse(`it repeats ${repeats.length} axes of ${rank}`);
    const counts = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
    if (counts.some((count) => count < 1)) layer.refuse(`it repeats ${counts.join(' x ')}`);
    const shape = x.shape.map((dim, axis) => times(layer, dim, counts[axis] ?? 1, axis));
    return { ...x, name: layer.add('Tile', [x.name, layer.ints('repeats', counts)]), shape };
  },
  Repeat(layer) {
    const x = subject(layer);
    const [count = 0, ...more] = integers(layer, 1, 'repeats') ?? [];
    const [axis] = integers(layer, 2, 'axis') ?? [];
    if (count < 1 || more.length > 0 || axis === undefined) return layer.refuse('it repeats in no plain way');
    const [at = 0] = axesIn(layer, [axis], x.shape.length);
    // Each element `count` times: a new axis behind its own is repeated, and both become one.
    const wide = layer.add('Unsqueeze', [x.name, layer.ints('axis', [at + 1])], { suffix: 'wide' });
    const counts = [...x.shape.map(() => 1), 1].with(at + 1, count);
    const tiled = layer.add('Tile', [wide, layer.ints('repeats', counts)], { suffix: 'tiled' });
    const shape = x.shape.with(at, times(layer, x.shape[at] ?? null, count, at));
    return { ...x, name: layer.add('Reshape', [tiled, layer.ints('shape', dimsOf(layer, shape))]), shape };
  },
  Pad(layer) {
    const x = subject(layer);
    const rank = x.shape.length;
    const given = plain(layer, 1, 'pad_width', 'paddings');
    const pairs = (Array.isArray(given) ? given : [given]).map(untuple);
    const list = pairs.map((pair) => (Array.isArray(pair) ? pair.map(Number) : [Number(pair), Number(pair)]));
    const widths = list.length === 1 ? new Array<number[]>(rank).fill(list[0] ?? []) : list;
    const isWhole = widths.every((pair) => pair.length === 2 && pair.every((n) => n >= 0 && n < FAR));
    if (widths.length !== rank || !isWhole) return layer.fail(`it pads by ${spell(given)}`);
    const mode = String(plain(layer, 2, 'mode') ?? 'constant').toLowerCase();
    const onnx = { constant: 'constant', reflect: 'reflect', edge: 'edge' }[mode];
    const value = layer.config.get('constant_values') ?? plain(layer, 3, 'constant_values') ?? 0;
    if (onnx === undefined || typeof value !== 'number') return layer.refuse(`it pads with ${mode}`);
    const pads = layer.ints(
      'pads',
      [0, 1].flatMap((side) => widths.map((pair) => pair[side] ?? 0)),
    );
    const filling = value === 0 ? [] : [operand(layer, { kind: 'plain', value }, 'value', x.dtype).name];
    const shape = x.shape.map((dim, axis): Dim => {
      const more = (widths[axis]?.[0] ?? 0) + (widths[axis]?.[1] ?? 0);
      if (typeof dim === 'number') return dim + more;
      return more === 0 ? dim : layer.symbol(`padded_${axis}`);
    });
    const attributes = { mode: string(onnx) };
    return { ...x, name: layer.add('Pad', [x.name, pads, ...filling], { attributes }), shape };
  },
  Flip(layer) {
    const x = subject(layer);
    const axes = axesIn(layer, integers(layer, 1, 'axis') ?? [...x.shape.keys()], x.shape.length);
    const all = (label: string, value: number) =>
      layer.ints(
        label,
        axes.map(() => value),
      );
    const inputs = [x.name, all('start', -1), all('stop', -FAR), layer.ints('axes', axes), all('step', -1)];
    return { ...x, name: layer.add('Slice', inputs) };
  },
  Swapaxes(layer) {
    const x = subject(layer);
    const [a = 0] = integers(layer, 1, 'axis1') ?? [];
    const [b = 0] = integers(layer, 2, 'axis2') ?? [];
    const [from = 0, to = 0] = [a, b].map((axis) => axesIn(layer, [axis], x.shape.length)[0] ?? 0);
    return turned(layer, x, [...x.shape.keys()].with(from, to).with(to, from));
  },
  Moveaxis(layer) {
    const x = subject(layer);
    const rank = x.shape.length;
    const from = axesIn(layer, integers(layer, 1, 'source') ?? [], rank);
    const to = axesIn(layer, integers(layer, 2, 'destination') ?? [], rank);
    if (from.length !== to.length) layer.fail(`it moves ${from.length} axes to ${to.length} places`);
    const perm = [...x.shape.keys()].filter((axis) => !from.includes(axis));
    const pairs = to.map((place, index) => [place, from[index] ?? 0] as const);
    for (const [place, axis] of pairs.sort(([p], [q]) => p - q)) perm.splice(place, 0, axis);
    return turned(layer, x, perm);
  },
  BroadcastTo(layer) {
    const x = subject(layer);
    const target = integers(layer, 1, 'shape') ?? layer.fail('it has no shape');
    if (target.some((dim) => dim < 1)) layer.refuse(`its shape is ${target.join(' x ')}`);
    const shape = broadcast(layer, x.shape, target);
    return { ...x, name: layer.add('Expand', [x.name, layer.ints('shape', target)]), shape };
  },
  Split(layer) {
    const x = subject(layer);
    const [axis = 0] = axesIn(layer, integers(layer, 2, 'axis') ?? [0], x.shape.length);
    const given =
      integers(layer, 1, 'indices_or_sections', 'num_or_size_splits') ?? layer.fail('it has no parts');
    const dim = x.shape[axis];
    if (typeof dim !== 'number') return layer.refuse('it parts an axis of unknown length');
    // TensorFlow gives lengths, one of which may be left open, and numpy the places between parts.
    const isList = Array.isArray(plain(layer, 1, 'indices_or_sections', 'num_or_size_splits'));
    const isPlaces = isList && layer.config.raw.function === undefined;
    const [count = 1] = given;
    const rest = dim - given.reduce((sum, length) => sum + Math.max(length, 0), 0);
    const equal = () => new Array<number>(Math.min(Math.max(count, 1), MOST_PARTS)).fill(dim / count);
    const places = [0, ...given.map((at) => (at < 0 ? at + dim : at)), dim];
    const lengths = isPlaces
      ? places.slice(1).map((at, index) => at - (places[index] ?? 0))
      : isList
        ? given.map((length) => (length === -1 ? rest : length))
        : equal();
    const isWhole = lengths.every((length) => Number.isInteger(length) && length > 0);
    if (!isWhole || lengths.length > MOST_PARTS || lengths.reduce((a, b) => a + b, 0) !== dim) {
      return layer.refuse(`it parts ${dim} into ${spell(given)}`);
    }
    const names = layer.addAll('Split', [x.name, layer.ints('lengths', lengths)], lengths.length, {
      attributes: { axis: int(axis) },
    });
    return names.map((name, index) => ({ ...x, name, shape: x.shape.with(axis, lengths[index] ?? null) }));
  },
  Unstack(layer) {
    const x = subject(layer);
    const [axis = 0] = axesIn(layer, integers(layer, 2, 'axis') ?? [0], x.shape.length);
    const dim = x.shape[axis];
    if (typeof dim !== 'number' || dim > MOST_PARTS)
      return layer.refuse('it parts an axis of unknown length');
    const parts = layer.addAll('Split', [x.name], dim, {
      suffix: 'split',
      attributes: { axis: int(axis), num_outputs: int(dim) },
    });
    const shape = x.shape.filter((_, at) => at !== axis);
    return parts.map((part, index) => {
      const name = layer.add('Squeeze', [part, layer.ints('axis', [axis])], { suffix: `part_${index}` });
      return { ...x, name, shape };
    });
  },
  Take(layer) {
    const x = subject(layer);
    const indices = operand(layer, argumentOf(layer, 1, 'indices'), 'indices', 'int64');
    const given = integers(layer, 3, 'axis') ?? integers(layer, 2, 'axis');
    if (given === undefined && layer.config.raw.function === undefined) return layer.refuse('it has no axis');
    const [batches = 0] = integers(layer, 4, 'batch_dims') ?? [];
    if (batches !== 0) return layer.refuse('it looks up batch by batch');
    const [axis = 0] = axesIn(layer, given ?? [0], x.shape.length);
    const at = isFloat(indices.dtype) ? cast(layer, indices, 'int32', 'whole') : indices;
    const name = layer.add('Gather', [x.name, at.name], { attributes: { axis: int(axis) } });
    return { ...x, name, shape: x.shape.toSpliced(axis, 1, ...indices.shape) };
  },
  OneHot(layer) {
    const x = subject(layer);
    const [count = 0] = integers(layer, 1, 'num_classes', 'depth') ?? [];
    const [axis = -1] = integers(layer, 4, 'axis') ?? [];
    const plainValues = [plain(layer, 2, 'on_value') ?? 1, plain(layer, 3, 'off_value') ?? 0];
    if (count < 1 || axis !== -1 || String(plainValues) !== '1,0')
      return layer.refuse('it is not a plain one');
    const whole = cast(layer, x, 'int64', 'whole');
    const places = {
      dtype: 'int64',
      dims: [count],
      data: BigInt64Array.from({ length: count }, (_, at) => BigInt(at)),
    } as const;
    const wide = layer.add('Unsqueeze', [whole.name, layer.ints('axis', [-1])], { suffix: 'wide' });
    const isAt = layer.add('Equal', [wide, layer.constant('classes', places)], { suffix: 'equal' });
    return cast(layer, { name: isAt, dtype: 'bool', shape: [...x.shape, count] }, 'float32', 'one_hot');
  },
  Argmax: (layer) => extreme(layer, 'ArgMax'),
  Argmin: (layer) => extreme(layer, 'ArgMin'),
  L2Normalize(layer) {
    const x = subject(layer);
    const axes = axesIn(layer, integers(layer, 1, 'axis', 'dim') ?? [...x.shape.keys()], x.shape.length);
    const least = plain(layer, 2, 'epsilon') ?? 1e-12;
    if (!isFloat(x.dtype) || typeof least !== 'number') return layer.refuse(`it is called with ${x.dtype}`);
    const length = layer.add('ReduceL2', [x.name, layer.ints('axes', axes)], {
      suffix: 'length',
      attributes: { keepdims: int(1) },
    });
    // TensorFlow keeps the sum of squares above epsilon.
    const bound = operand(layer, { kind: 'plain', value: Math.sqrt(least) }, 'least', x.dtype);
    const some = layer.add('Max', [length, bound.name], { suffix: 'some' });
    return { ...x, name: layer.add('Div', [x.name, some]) };
  },
  ZerosLike: (layer) => filled(layer, 0),
  OnesLike: (layer) => filled(layer, 1),
  Cumsum(layer) {
    const x = subject(layer);
    const [axis] = integers(layer, 1, 'axis') ?? (layer.config.raw.function === undefined ? [] : [0]);
    if (axis === undefined) return layer.refuse('it has no axis');
    const [at = 0] = axesIn(layer, [axis], x.shape.length);
    const where = { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(at)) } as const;
    const attributes = {
      exclusive: int(flag(layer, 2, 'exclusive') ? 1 : 0),
      reverse: int(flag(layer, 3, 'reverse') ? 1 : 0),
    };
    return { ...x, name: layer.add('CumSum', [x.name, layer.constant('axis', where)], { attributes }) };
  },
};

export default familyOfRows(ROWS);

function subject(layer: Layer): Value {
  const names = ['x', 'array', 'tensor', 'input', 'value', 'params', 'indices'];
  return operand(layer, argumentOf(layer, 0, ...names), 'x');
}

/** Keras 3 writes tuples inside of lists as objects. */
function untuple(value: unknown): unknown {
  return isRecord(value) && Array.isArray(value.items) ? value.items : value;
}

function times(layer: Layer, dim: Dim, count: number, axis: number): Dim {
  if (count === 1) return dim;
  return typeof dim === 'number' ? dim * count : layer.symbol(`repeated_${axis}`);
}

/** As Reshape takes them: one axis may be open. */
function dimsOf(layer: Layer, shape: readonly Dim[]): number[] {
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  if (dims.filter((dim) => dim === -1).length > 1)
    layer.refuse('more than one of its axes has no known length');
  return dims;
}

function turned(layer: Layer, x: Value, perm: readonly number[]): Value {
  const name = layer.add('Transpose', [x.name], { attributes: { perm: int(perm) } });
  return { ...x, name, shape: perm.map((axis) => x.shape[axis] ?? null) };
}

/** Where the largest or smallest is. TensorFlow counts in int64, Keras 3 in int32. */
function extreme(layer: Layer, opType: string): Value {
  const given = subject(layer);
  const x = given.dtype === 'bool' ? cast(layer, given, 'int32', 'whole') : given;
  const isTensorFlow = layer.config.raw.function !== undefined;
  const [axis] = integers(layer, 1, 'axis', 'dimension') ?? (isTensorFlow ? [0] : []);
  if (axis === undefined) return layer.refuse('it has no axis');
  const [at = 0] = axesIn(layer, [axis], x.shape.length);
  const keeps = !isTensorFlow && flag(layer, 2, 'keepdims');
  const wanted = isTensorFlow ? (plain(layer, 2, 'output_type') ?? 'int64') : 'int32';
  const attributes = { axis: int(at), keepdims: int(keeps ? 1 : 0) };
  const isPlain = wanted === 'int64';
  const name = layer.add(opType, [x.name], { attributes, ...(isPlain ? {} : { suffix: 'index' }) });
  const shape = x.shape.flatMap((dim, index): Dim[] => (index !== at ? [dim] : keeps ? [1] : []));
  const found: Value = { name, dtype: 'int64', shape };
  return isPlain ? found : cast(layer, found, 'int32', 'int32');
}

function filled(layer: Layer, value: number): Value {
  const x = subject(layer);
  const dtype = plain(layer, 1, 'dtype') ?? x.dtype;
  if (dtype !== x.dtype || x.dtype === 'bool') return layer.refuse(`it makes ${String(dtype)}`);
  const one = operand(layer, { kind: 'plain', value }, 'value', x.dtype);
  return { ...x, name: layer.add('Expand', [one.name, layer.add('Shape', [x.name], { suffix: 'shape' })]) };
}
