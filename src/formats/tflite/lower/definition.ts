// What one operator file says: which TFLite operators it is for, and how they become ONNX nodes.

import type { DType } from '../../../graph/dtype.ts';
import type { Attribute, Graph, Shape } from '../../../graph/model.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { Quantization, Subgraph, TensorTypeName } from '../records.ts';
import type { Slot } from './scope.ts';

export type OperatorFamily = {
  /** Builtin names as the schema spells them; `CUSTOM:Name` for a custom operator. */
  readonly opcodes: readonly string[];
  /** Why this very operator cannot be expressed; undefined when it can. Asked of all before anything is lowered. */
  readonly problem?: (op: OperatorView) => string | undefined;
  /** Indices of the subgraphs it runs. */
  readonly subgraphs?: (op: OperatorView) => readonly number[];
  /** Whether lists of tensors may be among its inputs. */
  readonly takesLists?: true;
  readonly lower: (op: Op) => void;
};

/** A tensor as an operator sees it. */
export type Operand = {
  readonly index: number;
  readonly name: string;
  readonly type: TensorTypeName;
  /** How the graph holds it. */
  readonly dtype: DType;
  /** null: known only when the model runs. */
  readonly shape: Shape;
  readonly quantization: Quantization | undefined;
  readonly isVariable: boolean;
};

/** One operator as the file has it. Whatever is missing or of the wrong kind is MODEL_DAMAGED. */
export type OperatorView = {
  /** `CONV_2D`, `CUSTOM:Name`. */
  readonly opcode: string;
  readonly version: number;
  readonly customOptions: Uint8Array;
  readonly inputCount: number;
  readonly outputCount: number;
  int(option: string, fallback?: number): number;
  float(option: string, fallback?: number): number;
  flag(option: string, fallback?: boolean): boolean;
  word(option: string, fallback?: string): string;
  list(option: string): readonly number[];
  hasInput(index: number): boolean;
  input(index: number): Operand;
  output(index?: number): Operand;
  /** What the input holds when it is constant. */
  tensor(index: number): Tensor | undefined;
  /** The same as integers; undefined when it is not constant. */
  integers(index: number): readonly number[] | undefined;
  /** As `integers`, when it has to be constant. */
  constant(index: number, what: string): readonly number[];
  /** An axis counted from the front. */
  axis(axis: number, rank: number): number;
  fail(problem: string): never;
};

/** Adds the nodes that stand for an operator. */
export type NodeMaker = OperatorView & {
  /** Adds a node named after the operator's first output, with `/suffix` when given. */
  emit(opType: string, inputs: readonly string[], options?: EmitOptions): string;
  emitAll(opType: string, inputs: readonly string[], count: number, options?: EmitOptions): readonly string[];
  cast(value: string, dtype: DType, suffix?: string): string;
  /** A one-dimensional int64 constant. */
  ints(suffix: string, values: readonly number[]): string;
  /** A constant of this dtype; a scalar unless dims are given. */
  numbers(suffix: string, dtype: DType, values: readonly number[], dims?: readonly number[]): string;
  make(suffix: string, tensor: Tensor): string;
  /** Lengths of the axes of a value as int64, computed when the model runs. */
  shapeOf(value: string, suffix?: string): string;
  /** A subgraph of the file, as it is there. */
  subgraphAt(index: number): Subgraph;
  /** Whether it is lowered inside a graph of a node. */
  readonly isNested: boolean;
  /** Tells the user something, once per file. */
  note(code: string, message: string): void;
  /** Throws OP_UNSUPPORTED for what only shows here; `problem` of the family is the rule. */
  refuse(reason: string): never;
};

/** One operator while it is lowered. */
export type Op = NodeMaker & {
  /** The numbers of an input, whatever it is stored as: what arithmetic is done on. */
  real(index: number): string;
  /** An input as it is stored, in its own dtype. */
  stored(index: number): string;
  /** The dtype arithmetic on an input is done in: float32 for quantized ones, otherwise one that runtimes compute in. */
  work(index: number): DType;
  /** The numbers of an input in this dtype. */
  as(index: number, dtype: DType): string;
  /** The numbers of an input with its axes in another order. Constants are rearranged when read, values transposed. */
  arranged(index: number, perm: readonly number[]): string;
  /** The numbers of an input in another shape. */
  reshaped(index: number, dims: readonly number[]): string;
  /** The numbers that a value stands for, stored as this input is. */
  dequantized(index: number, value: string): string;
  /** A number as it comes back from being stored like this input. */
  requantized(index: number, value: string, suffix: string): string;
  /**
   * Gives an output its value: quantized, or cast from `dtype` to the output's own. With `perm`, its axes are put into
   * this order; with `dims`, it gets this shape.
   */
  give(index: number, value: string, dtype?: DType, perm?: readonly number[], dims?: readonly number[]): void;
  /** Gives an output numbers that are stored at the scale of an input, whatever its own is. */
  giveLike(index: number, value: string, input: number, perm?: readonly number[]): void;
  /** Gives an output the value it is stored as. */
  giveStored(index: number, value: string): void;
  /** States that an output is this constant. */
  giveConstant(index: number, tensor: Tensor, quantization?: Quantization): void;
  /** A complex value: its real and imaginary part. */
  parts(index: number): readonly [string, string];
  giveParts(index: number, parts: readonly [string, string]): void;
  /**
   * Inputs for an operator that only moves elements: as stored where runtimes allow, otherwise as numbers. Interpreters
   * look at scales only where the operator `requantizes`.
   */
  carry(inputs: readonly number[], refused?: readonly DType[], requantizes?: boolean): Carried;
  /** A graph for a node to run; `build` gets an operator that adds its nodes there. */
  graph(
    suffix: string,
    inputs: readonly GraphInput[],
    build: (op: Op, inputs: readonly string[]) => readonly GraphOutput[],
  ): Graph;
  /** Lowers a subgraph of the file here, on these stored values, and returns the values its outputs are stored as. */
  call(subgraph: number, inputs: readonly (string | Slot)[]): readonly GraphOutput[];
  /** What the resource variables of the file hold at this point of the run, by name. */
  readonly variables: Map<string, Slot>;
  /** Name of the resource variable that an input is a handle of. */
  variable(index: number): string;
  giveVariable(index: number, variable: string): void;
  /** Whether what a run leaves for the next one is an input and an output; otherwise every run starts from the beginning. */
  readonly keepsState: boolean;
  /** What is assigned so far is how the resource variables begin. */
  beginVariables(): void;
  /** A resource variable holds an input for the next run. */
  keepVariable(variable: string, index: number): void;
  /** These numbers are what a variable tensor, an input, holds for the next run. */
  keep(index: number, value: string): void;
  /** What an input has become, to be kept for later or given to an output. */
  slotOf(index: number): Slot;
  /** The same with the value it is stored as. */
  held(index: number): Slot;
  giveSlot(index: number, slot: Slot): void;
};

export type GraphInput = { readonly name: string; readonly dtype: DType; readonly shape: Shape | undefined };
export type GraphOutput = { readonly value: string; readonly dtype: DType };

export type EmitOptions = {
  readonly suffix?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
};

export type Carried = {
  readonly inputs: readonly string[];
  readonly dtype: DType;
  /** What a zero is stored as. */
  readonly zero: number;
  give(index: number, value: string): void;
};
