// Reads the arguments of operators: tensors in one dtype, numbers as constants, axes and flags.

import { int } from '../../../graph/attribute.ts';
import { type DType, isFloat } from '../../../graph/dtype.ts';
import type { Dim, Shape } from '../../../graph/model.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import { elementType } from '../../../ops/element-type.ts';
import { isRecord, spell } from '../json-shape.ts';
import type { Layer, Value } from '../layer.ts';
import type { Argument } from './call.ts';

/** The argument at a position or under one of its names; Keras 3 keeps plain ones in the configuration. */
export function argumentOf(
  layer: Layer,
  position: number,
  ...names: readonly string[]
): Argument<Value> | undefined {
  const { positional = [], named = {} } = layer.arguments ?? {};
  const given = positional[position];
  if (given !== undefined) return given;
  for (const name of names) {
    const item = Object.hasOwn(named, name) ? named[name] : undefined;
    if (item !== undefined) return item;
    const value = layer.config.get(name);
    if (value !== undefined) return { kind: 'plain', value };
  }
  return undefined;
}

export function plain(layer: Layer, position: number, ...names: readonly string[]): unknown {
  const found = argumentOf(layer, position, ...names);
  if (found === undefined) return undefined;
  if (found.kind !== 'plain') return layer.refuse(`its argument ${names[0]} is a tensor`);
  const { value } = found;
  return isRecord(value) && Array.isArray(value.items) ? value.items : (value ?? undefined);
}

export function flag(layer: Layer, position: number, ...names: readonly string[]): boolean {
  const value = plain(layer, position, ...names) ?? false;
  return typeof value === 'boolean' ? value : layer.fail(`${names[0]} is ${spell(value)}`);
}

/** Integers; one number stands for a list of it. undefined: none given. */
export function integers(layer: Layer, position: number, ...names: readonly string[]): number[] | undefined {
  const value = plain(layer, position, ...names);
  if (value === undefined) return undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const isWhole = list.every((item) => Number.isSafeInteger(item) && Math.abs(Number(item)) < 2 ** 31);
  return isWhole ? list.map(Number) : layer.fail(`${names[0]} is ${spell(value)}`);
}

/** Axes counted from the front, each once. */
export function axesIn(layer: Layer, axes: readonly number[], rank: number): number[] {
  const counted = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const fits = counted.every((axis) => axis >= 0 && axis < rank) && new Set(counted).size === counted.length;
  return fits ? counted : layer.fail(`axis ${axes.join(', ')} is not there in ${rank} axes`);
}

/** A tensor; a number becomes a constant in `dtype`. */
export function operand(
  layer: Layer,
  item: Argument<Value> | undefined,
  label: string,
  dtype?: DType,
): Value {
  if (item === undefined) return layer.fail(`it is called without ${label}`);
  if (item.kind === 'tensor') return { ...item.tensor, mask: undefined };
  if (item.kind === 'list') return layer.refuse(`its argument ${label} is a list of tensors`);
  const numbers = numbersOf(item.value);
  if (numbers === undefined) return layer.refuse(`its argument ${label} is ${spell(item.value)}`);
  const tensor = constantOf(numbers.values, numbers.dims, dtype ?? 'float32');
  return { name: layer.constant(label, tensor), dtype: tensor.dtype, shape: numbers.dims };
}

/** Both in one dtype, as Keras does it: a plain number takes the dtype of the tensor where it can. */
export function pairOf(layer: Layer, names: readonly (readonly string[])[]): [Value, Value] {
  const items = names.map((each, place) => argumentOf(layer, place, ...each));
  const tensor = items.find((item) => item?.kind === 'tensor');
  const like = tensor?.kind === 'tensor' ? tensor.tensor.dtype : 'float32';
  const isWhole = items.every((item) => item?.kind !== 'plain' || isWholeNumber(item.value));
  const dtype = isFloat(like) || isWhole ? like : 'float32';
  const [a, b] = items.map((item, place) => operand(layer, item, names[place]?.[0] ?? 'x', dtype));
  if (a === undefined || b === undefined) return layer.fail('it takes two tensors');
  const common = promote(layer, a.dtype, b.dtype);
  return [cast(layer, a, common, 'x1_cast'), cast(layer, b, common, 'x2_cast')];
}

export function promote(layer: Layer, a: DType, b: DType): DType {
  if (a === b) return a;
  if (isFloat(a) && isFloat(b)) return a === 'float64' || b === 'float64' ? 'float64' : 'float32';
  if (isFloat(a)) return a;
  if (isFloat(b)) return b;
  return layer.refuse(`its tensors are ${a} and ${b}`);
}

const castable: ReadonlySet<DType> = new Set<DType>([
  ...(['float32', 'float16', 'float64', 'bool'] as const),
  ...(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const),
]);

export function cast(layer: Layer, value: Value, dtype: DType, suffix?: string): Value {
  if (value.dtype === dtype) return value;
  if (!castable.has(dtype)) return layer.refuse(`it casts to ${dtype}`);
  const to = elementType(dtype);
  const name = layer.add('Cast', [value.name], { ...(suffix && { suffix }), attributes: { to: int(to) } });
  return { ...value, name, dtype };
}

/** As NumPy does: aligned at the last axis. */
export function broadcast(layer: Layer, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis): Dim => {
    const left = axis < rank - a.length ? 1 : (a[axis - rank + a.length] ?? null);
    const right = axis < rank - b.length ? 1 : (b[axis - rank + b.length] ?? null);
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    if (typeof left === 'number' && typeof right === 'number') {
      return layer.fail(`its tensors have ${left} and ${right} elements on axis ${axis}`);
    }
    return typeof left === 'number' ? left : right;
  });
}

function isWholeNumber(value: unknown): boolean {
  return numbersOf(value)?.values.every(Number.isSafeInteger) ?? false;
}

/** A number, a nested list of them, or an array as Keras writes one. */
function numbersOf(value: unknown): { values: number[]; dims: number[] } | undefined {
  if (isRecord(value) && (value.class_name === '__numpy__' || value.class_name === '__tensor__')) {
    return isRecord(value.config) ? numbersOf(value.config.value) : undefined;
  }
  if (isRecord(value) && value.type === 'ndarray') return numbersOf(value.value);
  if (typeof value === 'number') return { values: [value], dims: [] };
  if (typeof value === 'boolean') return { values: [value ? 1 : 0], dims: [] };
  if (!Array.isArray(value)) return undefined;
  const parts = value.map(numbersOf);
  const [first] = parts;
  const rows: { values: number[]; dims: number[] }[] = [];
  for (const part of parts) {
    if (part === undefined || part.dims.join() !== first?.dims.join()) return undefined;
    rows.push(part);
  }
  return { values: rows.flatMap(({ values }) => values), dims: [rows.length, ...(first?.dims ?? [])] };
}

function constantOf(values: readonly number[], dims: readonly number[], dtype: DType): Tensor {
  if (dtype === 'float64') return { dtype, dims, data: Float64Array.from(values) };
  if (dtype === 'int64') return { dtype, dims, data: BigInt64Array.from(values, BigInt) };
  if (dtype === 'int32') return { dtype, dims, data: Int32Array.from(values) };
  if (dtype === 'bool') return { dtype, dims, data: Uint8Array.from(values) };
  return { dtype: 'float32', dims, data: Float32Array.from(values) };
}
