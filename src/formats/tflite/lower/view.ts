// One operator of the file with its options and tensors, everything checked where it is asked for.

import type { DType } from '../../../graph/dtype.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { Operator, OptionValue, Subgraph, TensorTypeName, TfliteTensor } from '../records.ts';
import { constantOf } from './constant.ts';
import type { Operand, OperatorView } from './definition.ts';
import { quantizationOf } from './quantization.ts';

export type ViewOptions = {
  readonly operator: Operator;
  readonly subgraph: Subgraph;
  /** Throws MODEL_DAMAGED naming the operator. */
  readonly fail: (problem: string) => never;
};

const NO_BYTES = new Uint8Array(0);
/** Larger constants are never read as integers. */
const MOST_INTEGERS = 1 << 20;

export class BoundView implements OperatorView {
  readonly opcode: string;
  readonly version: number;
  readonly fail: (problem: string) => never;
  protected readonly operator: Operator;
  protected readonly subgraph: Subgraph;

  constructor({ operator, subgraph, fail }: ViewOptions) {
    this.operator = operator;
    this.subgraph = subgraph;
    this.fail = fail;
    this.opcode = spelled(operator);
    this.version = operator.version;
  }

  get customOptions(): Uint8Array {
    return this.operator.customOptions ?? NO_BYTES;
  }

  get inputCount(): number {
    return this.operator.inputs.length;
  }

  get outputCount(): number {
    return this.operator.outputs.length;
  }

  int(option: string, fallback?: number): number {
    const value = this.#option(option, fallback);
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.#wrong(option, value);
  }

  float(option: string, fallback?: number): number {
    const value = this.#option(option, fallback);
    return typeof value === 'number' ? value : this.#wrong(option, value);
  }

  flag(option: string, fallback = false): boolean {
    const value = this.#option(option, fallback);
    return typeof value === 'boolean' ? value : this.#wrong(option, value);
  }

  word(option: string, fallback?: string): string {
    const value = this.#option(option, fallback);
    return typeof value === 'string' ? value : this.#wrong(option, value);
  }

  list(option: string): readonly number[] {
    const value = this.#option(option, undefined) ?? [];
    return Array.isArray(value) ? (value as readonly number[]) : this.#wrong(option, value);
  }

  hasInput(index: number): boolean {
    return (this.operator.inputs[index] ?? -1) !== -1;
  }

  input(index: number): Operand {
    const tensor = this.operator.inputs[index];
    if (tensor === undefined || tensor === -1) return this.fail(`it has no input ${index}`);
    return this.operand(tensor);
  }

  output(index = 0): Operand {
    const tensor = this.operator.outputs[index];
    if (tensor === undefined || tensor === -1) return this.fail(`it has no output ${index}`);
    return this.operand(tensor);
  }

  tensor(index: number): Tensor | undefined {
    return this.hasInput(index) ? this.content(this.operator.inputs[index] ?? -1) : undefined;
  }

  integers(index: number): readonly number[] | undefined {
    const tensor = this.tensor(index);
    if (tensor === undefined || tensor.data.length > MOST_INTEGERS || tensor.dtype === 'string')
      return undefined;
    return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  }

  constant(index: number, what: string): readonly number[] {
    return this.integers(index) ?? this.fail(`${what} is not constant`);
  }

  axis(axis: number, rank: number): number {
    const counted = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || counted < 0 || counted >= rank)
      this.fail(`axis ${axis} is not one of ${rank}`);
    return counted;
  }

  protected operand(index: number): Operand {
    const tensor = this.tensorAt(index);
    return {
      index,
      name: tensor.name,
      type: tensor.type,
      dtype: dtypeOf(tensor.type),
      shape: shapeOf(tensor),
      quantization: quantizationOf(tensor, this.#failAt(tensor)),
      isVariable: tensor.isVariable ?? false,
    };
  }

  protected tensorAt(index: number): TfliteTensor {
    return this.subgraph.tensors[index] ?? this.fail(`it uses tensor ${index}, which is not there`);
  }

  /** What a tensor of the file holds when it is constant. */
  protected content(index: number): Tensor | undefined {
    const tensor = this.tensorAt(index);
    return tensor.data === undefined ? undefined : constantOf(tensor, this.#failAt(tensor));
  }

  #failAt({ name }: TfliteTensor): (problem: string) => never {
    return (problem) => this.fail(`tensor ${JSON.stringify(name)}: ${problem}`);
  }

  #option(option: string, fallback: OptionValue | undefined): OptionValue | undefined {
    return this.operator.options[option] ?? fallback;
  }

  #wrong(option: string, value: unknown): never {
    return this.fail(value === undefined ? `it has no option ${option}` : `its option ${option} is ${value}`);
  }
}

export function spelled({ opcode, custom }: Operator): string {
  return opcode === 'CUSTOM' ? `CUSTOM:${custom ?? ''}` : opcode;
}

/** How the graph holds values of a type. Handles are never held; lists of tensors say themselves what they hold. */
export function dtypeOf(type: TensorTypeName): DType {
  if (type === 'variant') return 'float32';
  return type === 'resource' ? 'int32' : type;
}

/** Axes of unknown length are null. */
export function shapeOf({ shape = [], shapeSignature }: TfliteTensor): readonly (number | null)[] {
  const known = shapeSignature?.length === shape.length ? shapeSignature : shape;
  return known.map((dim) => (dim < 0 ? null : dim));
}
