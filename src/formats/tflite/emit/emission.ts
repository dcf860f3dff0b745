// One subgraph while it is written: the values of a graph become tensors, its nodes operators.

import { attribute } from '../../../graph/attribute.ts';
import type { DType } from '../../../graph/dtype.ts';
import { fromFloat16 } from '../../../graph/half-precision.ts';
import type { Graph, Node, Shape, TensorType } from '../../../graph/model.ts';
import { elementCount, type Tensor, type TypedArray, tensorView } from '../../../graph/tensor.ts';
import { axisOf } from '../../../passes/constants/read.ts';
import { halfBits } from '../../../passes/quantize/half.ts';
import type { OptionValue, Quantization, TensorTypeName } from '../records.ts';
import { Refusal } from '../rewrite/definition.ts';
import type { FileEmission } from './file-emission.ts';
import { checkTypes } from './kernels.ts';
import { int32Lengths } from './lengths.ts';
import { stringBuffer } from './strings.ts';

export type OpenTensor = {
  name: string;
  type: TensorTypeName;
  /** Symbols for axes whose length is not known. */
  shape: Shape | undefined;
  data?: Uint8Array;
  quantization?: Quantization;
};

export type OpenOperator = {
  opcode: string;
  inputs: number[];
  outputs: number[];
  options: Record<string, OptionValue>;
};

type Options = Readonly<Record<string, OptionValue>>;

/** What a new tensor is like. */
export type Like = {
  readonly dtype: TensorTypeName;
  readonly shape: Shape | undefined;
  readonly name?: string;
};

type Plain = number | string | readonly number[];

export class Emission {
  readonly file: FileEmission;
  readonly graph: Graph;
  readonly tensors: OpenTensor[] = [];
  readonly operators: OpenOperator[] = [];
  readonly #values = new Map<string, number>();
  readonly #constants = new Map<string, number>();
  readonly #names = new Map<string, number>();
  readonly #once = new Map<string, number>();
  /** Constants of the graphs around this one. */
  readonly #outer: Emission | undefined;
  node: Node | undefined;
  #made: Map<string, Node> | undefined;
  #read: Set<string> | undefined;

  constructor(file: FileEmission, graph: Graph, outer?: Emission) {
    this.file = file;
    this.graph = graph;
    this.#outer = outer;
  }

  // ---- reading the graph -----------------------------------------------------------------------------

  type(value: string): TensorType {
    const type = this.find(value);
    return type ?? this.refuse(`the type of ${value === '' ? 'a left out input' : value} is not known`);
  }

  find(value: string): TensorType | undefined {
    if (value === '') return undefined;
    const held = this.constant(value);
    if (held) return { kind: 'tensor', dtype: held.dtype, shape: held.dims };
    const type = this.graph.types.get(value) ?? this.#outer?.find(value);
    return type?.kind === 'tensor' ? type : undefined;
  }

  dtype(value: string): DType {
    return this.type(value).dtype;
  }

  shape(value: string): Shape {
    return this.type(value).shape ?? this.refuse('the number of axes of a value is not known');
  }

  rank(value: string): number {
    return this.shape(value).length;
  }

  dims(value: string): readonly number[] | undefined {
    const shape = this.shape(value);
    return shape.every((dim) => typeof dim === 'number') ? (shape as readonly number[]) : undefined;
  }

  constant(value: string | undefined): Tensor | undefined {
    if (value === undefined || value === '' || this.graph.inputs.includes(value)) return undefined;
    const own = this.graph.initializers.get(value);
    if (own !== undefined || this.graph.types.has(value)) return own;
    return this.#outer?.constant(value);
  }

  /** The integers of a constant. */
  ints(value: string | undefined): readonly number[] | undefined {
    const tensor = this.constant(value);
    if (tensor === undefined || tensor.dtype === 'string') return undefined;
    return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  }

  attribute<T extends Plain | undefined>(node: Node, name: string, fallback: T) {
    return attribute(node, name, fallback);
  }

  axis(axis: number, rank: number): number {
    return axisOf(axis, rank);
  }

  refuse(reason: string): never {
    throw new Refusal(reason);
  }

  // ---- tensors ---------------------------------------------------------------------------------------

  /** The tensor that holds an ONNX value; a constant is put in when it is first read. */
  in(value: string): number {
    if (value === '') return -1;
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    const held = this.constant(value);
    if (held === undefined) return this.refuse(`it reads ${value}, which could not be written`);
    const index = this.fixed(held, value);
    this.#values.set(value, index);
    return index;
  }

  has(value: string): boolean {
    return this.#values.has(value) || this.constant(value) !== undefined;
  }

  /** Makes the tensor of an ONNX value that an operator gives. */
  out(value: string): number {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    const type = this.type(value);
    if (type.shape?.includes(0)) return this.refuse('TFLite has no tensors without elements');
    const index = this.add({ name: this.named(value), type: typeName(type.dtype), shape: type.shape });
    this.#values.set(value, index);
    return index;
  }

  /** Says that an ONNX value is held by this tensor. */
  alias(value: string, tensor: number): undefined {
    this.#values.set(value, tensor);
  }

  /** Lets a tensor made under another name be an ONNX value. */
  renameTo(tensor: number, value: string): undefined {
    this.tensor(tensor).name = this.named(value);
    this.#values.set(value, tensor);
  }

  /** Whether any node or output of the graph reads the value. */
  isRead(value: string): boolean {
    this.#read ??= new Set([...this.graph.outputs, ...this.graph.nodes.flatMap(({ inputs }) => inputs)]);
    return this.#read.has(value);
  }

  /** The node that makes a value of this graph. */
  maker(value: string): Node | undefined {
    this.#made ??= new Map(
      this.graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
    );
    return this.#made.get(value);
  }

  /** Whether indices that the node takes may count from the end. */
  mayBeNegative(value: string): boolean {
    if (this.node?.countsForward) return false;
    const maker = this.maker(value);
    return !(maker !== undefined && ['ArgMax', 'ArgMin', 'NonZero', 'TopK', 'Shape'].includes(maker.opType));
  }

  temp({ dtype, shape, name }: Like): number {
    return this.add({
      name: this.named(`${this.node?.name ?? 'value'}/${name ?? 'part'}`),
      type: dtype,
      shape,
    });
  }

  like(tensor: number, changes: Partial<Like> = {}): Like {
    const { type, shape } = this.tensor(tensor);
    return { dtype: type, shape, ...changes };
  }

  tensor(index: number): OpenTensor {
    return this.tensors[index] ?? this.refuse('an input it needs is left out');
  }

  /** A constant; equal small ones are one. */
  fixed(tensor: Tensor, name = `${this.node?.name ?? 'value'}/constant`): number {
    const { dtype, dims } = tensor;
    const data = dtype === 'string' ? stringBuffer(tensor.data as readonly string[]) : tensorView(tensor);
    const key = data.length <= 256 ? `${dtype}[${dims}]${Buffer.from(data).toString('latin1')}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const half = this.file.keepsHalf ? halved(tensor) : undefined;
    const index = half
      ? this.#dequantized(half, dims, name)
      : this.add({ name: this.named(name), type: typeName(dtype), shape: [...dims], data });
    if (key !== undefined) this.#constants.set(key, index);
    return index;
  }

  #dequantized(data: Uint8Array, shape: readonly number[], name: string): number {
    const codes = this.add({ name: this.named(name), type: 'float16', shape: [...shape], data });
    const index = this.add({ name: this.named(`${name}/float32`), type: 'float32', shape: [...shape] });
    this.op('DEQUANTIZE', [codes], [index]);
    return index;
  }

  /** A one-dimensional int32 constant, or a scalar: shapes, axes, sizes. */
  int32(values: readonly number[] | number, name?: string): number {
    const list = typeof values === 'number' ? [values] : values;
    const data = Int32Array.from(list, (value) => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
    const label = name ?? `${this.node?.name ?? 'value'}/ints`;
    return this.fixed({ dtype: 'int32', dims: typeof values === 'number' ? [] : [list.length], data }, label);
  }

  /** A scalar of this element type. */
  number(dtype: DType, value: number): number {
    const isBig = dtype === 'int64' || dtype === 'uint64';
    const arrays: Partial<Record<DType, new (values: number[]) => TypedArray>> = {
      float32: Float32Array,
      float64: Float64Array,
      int32: Int32Array,
      uint32: Uint32Array,
      int16: Int16Array,
      int8: Int8Array,
      uint8: Uint8Array,
      bool: Uint8Array,
    };
    const array = arrays[dtype];
    if (!isBig && array === undefined) return this.refuse(`TFLite has no constants of ${dtype}`);
    const data = isBig
      ? BigInt64Array.of(BigInt(value))
      : new (array as new (v: number[]) => TypedArray)([value]);
    return this.fixed({ dtype, dims: [], data });
  }

  /** An int32 form of integers an operator wants as int32: constants are rewritten, others cast. */
  asInt32(value: string): number {
    const held = this.constant(value);
    if (held) {
      const list = Array.from(held.data as ArrayLike<number | bigint>, Number);
      const data = Int32Array.from(list, (entry) => Math.min(Math.max(entry, -(2 ** 31)), 2 ** 31 - 1));
      return this.fixed({ dtype: 'int32', dims: held.dims, data }, value);
    }
    return int32Lengths(this, value) ?? this.cast(this.in(value), 'int32');
  }

  /** What is made under this key, which is made once. */
  once(key: string, make: () => number): number {
    const known = this.#once.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#once.set(key, made);
    return made;
  }

  cast(tensor: number, dtype: TensorTypeName): number {
    const { type, shape } = this.tensor(tensor);
    if (type === dtype) return tensor;
    return this.make('CAST', [tensor], { dtype, shape, name: `to_${dtype}` }, castOptions(type, dtype));
  }

  // ---- operators -------------------------------------------------------------------------------------

  op(
    opcode: string,
    inputs: readonly number[],
    outputs: readonly number[],
    options: Options = {},
  ): undefined {
    checkTypes(opcode, inputs, outputs, this);
    this.operators.push({ opcode, inputs: [...inputs], outputs: [...outputs], options: { ...options } });
  }

  /** Adds an operator with one output that is not a value of the graph. */
  make(opcode: string, inputs: readonly number[], like: Like, options: Options = {}): number {
    const output = this.temp({ name: opcode.toLowerCase(), ...like });
    this.op(opcode, inputs, [output], options);
    return output;
  }

  /** Adds an operator that makes the node's first output. */
  give(opcode: string, inputs: readonly number[], node: Node, options: Options = {}): undefined {
    return this.op(opcode, inputs, [this.out(node.outputs[0] ?? '')], options);
  }

  // ---- inside ----------------------------------------------------------------------------------------

  add(tensor: OpenTensor): number {
    this.tensors.push(tensor);
    return this.tensors.length - 1;
  }

  named(name: string): string {
    const count = this.#names.get(name);
    this.#names.set(name, (count ?? 0) + 1);
    return count === undefined ? name : this.named(`${name}_${count}`);
  }
}

/** Fewer numbers than this are not worth an operator. */
const LEAST_HALVES = 16;

/** The same numbers in half the room; undefined when float16 does not hold them exactly. */
function halved({ dtype, data }: Tensor): Uint8Array | undefined {
  if (dtype !== 'float32' || data.length < LEAST_HALVES) return undefined;
  const bits = new Uint16Array(data.length);
  for (const [at, value] of (data as Float32Array).entries()) {
    const code = halfBits(value);
    if (fromFloat16(code) !== value) return undefined;
    bits[at] = code;
  }
  return new Uint8Array(bits.buffer);
}

export function castOptions(from: TensorTypeName, to: TensorTypeName): Options {
  return { inDataType: from.toUpperCase(), outDataType: to.toUpperCase() };
}

export function typeName(dtype: DType): TensorTypeName {
  const name = known.get(dtype);
  if (name === undefined) throw new Refusal(`TFLite does not compute with ${dtype}`);
  return name;
}

const known = new Map<DType, TensorTypeName>(
  (
    [
      ...['float32', 'float16', 'float64', 'bfloat16', 'int8', 'int16', 'int32', 'int64'],
      ...['uint8', 'uint16', 'uint32', 'uint64', 'bool', 'string', 'complex64', 'complex128'],
    ] as (DType & TensorTypeName)[]
  ).map((name) => [name, name]),
);

/** Elements of a tensor when its shape is known. */
export function countOf(shape: Shape | undefined): number | undefined {
  return shape?.every((dim) => typeof dim === 'number')
    ? elementCount(shape as readonly number[])
    : undefined;
}
