// Makes the nodes that replace one node: named after it, with short ways to read its attributes and constants.

import { attribute, float, int, string } from '../../../graph/attribute.ts';
import type { DType } from '../../../graph/dtype.ts';
import type { Attribute, Node, Shape, TensorType, ValueType } from '../../../graph/model.ts';
import { tensorType } from '../../../graph/model.ts';
import { reshape } from '../../../graph/rearrange.ts';
import { float32, int64, type Tensor, type TypedArray } from '../../../graph/tensor.ts';
import { axisOf, integers } from '../../../passes/constants/read.ts';
import type { Rewriter } from '../../../passes/uses.ts';
import { NotYet, Refusal, TFLITE } from './definition.ts';

type Plain = number | string | readonly number[];

export class Build {
  readonly node: Node;
  readonly rewriter: Rewriter;
  /** Nodes made so far, to be taken back when the rewrite ends in a refusal. */
  readonly made: Node[] = [];

  constructor(node: Node, rewriter: Rewriter) {
    this.node = node;
    this.rewriter = rewriter;
  }

  /** Adds an ONNX node and returns its first output. Whole numbers become int attributes. */
  add(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Plain | Attribute>> = {},
  ): string {
    return this.addAll(opType, inputs, 1, attributes)[0] ?? '';
  }

  addAll(
    opType: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Plain | Attribute>> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.rewriter.fresh(`${this.node.name}/${opType}`));
    const made = this.rewriter.add(opType, inputs, {
      name: `${this.node.name}/${opType}`,
      outputs,
      attributes: wrap(attributes),
    });
    this.made.push(made);
    return made.outputs;
  }

  /** Adds a node that is a TFLite operator already; its output's type has to be given, nobody infers it. */
  tflite(
    opcode: string,
    inputs: readonly string[],
    options: Readonly<Record<string, Plain>>,
    type: ValueType | undefined,
  ): string {
    const made = this.rewriter.add(opcode, inputs, {
      name: `${this.node.name}/${opcode}`,
      attributes: wrap(options),
      types: [type],
    });
    made.domain = TFLITE;
    this.made.push(made);
    return made.outputs[0] ?? '';
  }

  /** Weights with an axis of length one put in; those held as codes stay codes. */
  widened(value: string, axis: number): string {
    const held = this.rewriter.constant(value);
    if (held) return this.constant(reshape(held, held.dims.toSpliced(axis, 0, 1)), 'weights');
    const maker = this.rewriter.producer(value);
    const codes = this.rewriter.constant(maker?.inputs[0]);
    if (maker?.opType !== 'DequantizeLinear' || codes === undefined) {
      return this.add('Unsqueeze', [value, this.ints([axis])]);
    }
    const wide = this.constant(reshape(codes, codes.dims.toSpliced(axis, 0, 1)), 'weights');
    const channel = attribute(maker, 'axis', 1);
    const moved = channel >= axis ? channel + 1 : channel;
    return this.add('DequantizeLinear', [wide, ...maker.inputs.slice(1)], { axis: moved });
  }

  /** Equal parts of a value along axis 0; those of a constant are constants. */
  parts(value: string, count: number): string[] {
    const held = this.rewriter.constant(value);
    if (held?.dtype !== 'float32')
      return this.addAll('Split', [value], count, { axis: 0, num_outputs: count });
    const data = held.data as Float32Array;
    const size = data.length / count;
    const dims = held.dims.with(0, (held.dims[0] ?? 0) / count);
    return Array.from({ length: count }, (_, at) =>
      this.floats(dims, data.subarray(at * size, (at + 1) * size)),
    );
  }

  transpose(value: string, perm: readonly number[]): string {
    return perm.every((axis, index) => axis === index) ? value : this.add('Transpose', [value], { perm });
  }

  reshape(value: string, dims: readonly number[]): string {
    return this.add('Reshape', [value, this.ints(dims)]);
  }

  /** Takes entries out of a list by places of which none counts from the end. */
  pick(values: string, places: string, axis = 0): string {
    return this.#forward(this.add('Gather', [values, places], { axis }));
  }

  /** As `pick`, each row's places within that row. */
  pickWithin(values: string, places: string): string {
    return this.#forward(this.add('GatherElements', [values, places], { axis: 1 }));
  }

  #forward(picked: string): string {
    const made = this.made.at(-1);
    if (made) made.countsForward = true;
    return picked;
  }

  ints(values: readonly number[]): string {
    return this.rewriter.addConstant(`${this.node.name}/ints`, int64(values));
  }

  constant(tensor: Tensor, name = 'constant'): string {
    return this.rewriter.addConstant(`${this.node.name}/${name}`, tensor);
  }

  /** A scalar of the element type of `like`. */
  number(value: number, like = this.node.inputs[0] ?? ''): string {
    return this.constant(scalarOf(this.dtype(like), value), 'number');
  }

  floats(dims: readonly number[], values: ArrayLike<number>): string {
    return this.constant(float32(dims, values), 'floats');
  }

  /** The attribute's value, or `fallback` when it is not there. */
  attribute<T extends Plain | undefined>(name: string, fallback: T) {
    return attribute(this.node, name, fallback);
  }

  /** An axis counted from the front. */
  axis(axis: number, rank: number): number {
    return axisOf(axis, rank);
  }

  /** The attribute's list of numbers, whole or not; empty when it is not there or no such list. */
  numbers(name: string): readonly number[] {
    const held = this.node.attributes.get(name);
    return held?.type === 'ints' || held?.type === 'floats' ? held.value : [];
  }

  words(name: string): readonly string[] {
    const held = this.node.attributes.get(name);
    return held?.type === 'strings' ? held.value : [];
  }

  input(index: number): string {
    return this.node.inputs[index] ?? '';
  }

  tensor(index: number): Tensor | undefined {
    return this.rewriter.constant(this.node.inputs[index]);
  }

  integers(index: number): readonly number[] | undefined {
    return integers(this.rewriter, this.node.inputs[index]);
  }

  type(value: string): TensorType {
    const type = value === '' ? undefined : this.rewriter.type(value);
    if (type?.kind !== 'tensor') throw new NotYet(`the type of ${value} is not known`);
    return type;
  }

  dtype(value: string): DType {
    return this.type(value).dtype;
  }

  /** The shape of a value, whose rank has to be known. */
  shape(value: string): Shape {
    const { shape } = this.type(value);
    if (shape === undefined) throw new NotYet(`the number of axes of ${value} is not known`);
    return shape;
  }

  /** The shape when every axis has a known length. */
  dims(value: string): readonly number[] | undefined {
    const shape = this.shape(value);
    return shape.every((dim) => typeof dim === 'number') ? (shape as readonly number[]) : undefined;
  }

  /** As `dims`, but refuses. */
  fixed(value: string): readonly number[] {
    return this.dims(value) ?? this.refuse('it needs axes of known length');
  }

  permuted(value: string, perm: readonly number[]): TensorType {
    const shape = this.shape(value);
    return tensorType(
      this.dtype(value),
      perm.map((axis) => shape[axis] ?? null),
    );
  }

  /** Whether anything reads output `index`. */
  isRead(index: number): boolean {
    const value = this.node.outputs[index];
    return (
      value !== undefined &&
      value !== '' &&
      (this.rewriter.useCount(value) > 0 || this.rewriter.isPinned(value))
    );
  }

  refuse(reason: string): never {
    throw new Refusal(reason);
  }
}

export function scalarOf(dtype: DType, value: number): Tensor {
  const make: Partial<Record<DType, (value: number) => TypedArray>> = {
    float64: (number) => Float64Array.of(number),
    int64: (number) => BigInt64Array.of(BigInt(number)),
    uint64: (number) => BigUint64Array.of(BigInt(number)),
    int32: (number) => Int32Array.of(number),
    uint32: (number) => Uint32Array.of(number),
    int16: (number) => Int16Array.of(number),
    uint16: (number) => Uint16Array.of(number),
    int8: (number) => Int8Array.of(number),
    uint8: (number) => Uint8Array.of(number),
    bool: (number) => Uint8Array.of(number),
  };
  const data = make[dtype]?.(value);
  return data === undefined ? float32([], [value]) : { dtype, dims: [], data };
}

function wrap(attributes: Readonly<Record<string, Plain | Attribute>>): Record<string, Attribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'string') return [name, string(value)];
      if (typeof value === 'number') return [name, Number.isInteger(value) ? int(value) : float(value)];
      return [name, 'type' in value ? value : int(value)];
    }),
  );
}
