// One operator as a TFLite file made of records, run in LiteRT (or computed by a formula) and as a graph in onnxruntime.

import { expect } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type {
  Operator,
  OptionValue,
  Quantization,
  Subgraph,
  TensorTypeName,
  TfliteFile,
  TfliteTensor,
} from '../../../src/formats/tflite/records.ts';
import type { DType } from '../../../src/graph/dtype.ts';
import type { Model } from '../../../src/graph/model.ts';
import { elementCount, type Tensor, type TypedArray } from '../../../src/graph/tensor.ts';
import { validate } from '../../../src/graph/validate.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import litert from '../../../src/runtimes/litert.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { runClassic } from '../../runtimes/tflite-classic.ts';

export type Value = {
  readonly type?: TensorTypeName;
  readonly shape: readonly number[];
  readonly signature?: readonly number[];
  /** Numbers for an input that is fed, or `constant`. */
  readonly values?: readonly number[];
  readonly constant?: readonly number[];
  readonly quantization?: Partial<Quantization>;
  readonly isVariable?: boolean;
};

export type Case = {
  readonly opcode: string;
  readonly custom?: string;
  readonly version?: number;
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly customOptions?: Uint8Array;
  /** null: left out. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  /** Further subgraphs, from index 1 on. */
  readonly subgraphs?: readonly Subgraph[];
};

const arrays: Partial<Record<TensorTypeName, new (values: number[]) => TypedArray>> = {
  float32: Float32Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  bool: Uint8Array,
};

export function arrayOf(type: TensorTypeName, values: readonly number[]): TypedArray {
  if (type === 'int64') return BigInt64Array.from(values, BigInt);
  const array = arrays[type];
  if (array === undefined) throw new Error(`no array for ${type}`);
  return new array([...values]);
}

export function tensorRecord(name: string, value: Value): TfliteTensor {
  const { type = 'float32', shape, signature, constant, quantization, isVariable } = value;
  const data = constant && arrayOf(type, constant);
  return {
    name,
    type,
    shape,
    ...(signature && { shapeSignature: signature }),
    ...(data && { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }),
    ...(quantization && { quantization: { scale: [], zeroPoint: [], axis: 0, ...quantization } }),
    ...(isVariable && { isVariable }),
  };
}

export function fileOf(one: Case): TfliteFile {
  const tensors: TfliteTensor[] = [];
  const add = (name: string, value: Value): number => tensors.push(tensorRecord(name, value)) - 1;
  const inputs = one.inputs.map((value, at) => (value === null ? -1 : add(`input_${at}`, value)));
  const outputs = one.outputs.map((value, at) => add(`output_${at}`, value));
  const operator: Operator = {
    opcode: one.opcode,
    custom: one.custom,
    version: one.version ?? 1,
    inputs,
    outputs,
    options: one.options ?? {},
    customOptions: one.customOptions,
  };
  const fed = inputs.filter((_, at) => one.inputs[at]?.values !== undefined);
  const main: Subgraph = { name: 'main', tensors, inputs: fed, outputs, operators: [operator] };
  return {
    version: 3,
    description: '',
    subgraphs: [main, ...(one.subgraphs ?? [])],
    metadata: [],
    signatures: [],
  };
}

function feedsOf(one: Case): Tensor[] {
  return one.inputs.flatMap((value) => {
    if (!value?.values) return [];
    const { type = 'float32', shape, values } = value;
    return [{ dtype: type as DType, dims: shape, data: arrayOf(type, values) }];
  });
}

/** Read back from bytes, so that the options have the schema's defaults; as it was read, and optimized. */
export async function runRead(one: Case): Promise<{ plain: Tensor[]; optimized: Tensor[]; model: Model }> {
  const file = decodeTflite(encodeTfliteBytes(fileOf(one)), 'case.tflite');
  const feeds = feedsOf(one);
  const run = async (model: Model, isOptimized: boolean) => {
    validate(model);
    await optimize(model, quietContext(), isOptimized ? 'optimize' : 'guard');
    validate(model);
    const session = await openGraph(model, { optimize: isOptimized });
    try {
      const named = Object.fromEntries(model.graph.inputs.map((name, at) => [name, feeds[at] as Tensor]));
      const results = await session.run(named);
      return model.graph.outputs.map((name) => results[name] as Tensor);
    } finally {
      await session.release();
    }
  };
  const plain = await run(lowerTflite(file, 'case.tflite', quietContext()), false);
  const model = lowerTflite(file, 'case.tflite', quietContext());
  return { plain, optimized: await run(model, true), model };
}

export async function runLitert(one: Case): Promise<Tensor[]> {
  const session = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(fileOf(one)) });
  try {
    const feeds = feedsOf(one);
    const named = Object.fromEntries(session.inputs.map(({ name }, at) => [name, feeds[at] as Tensor]));
    const outputs = await session.run(named);
    return session.outputs.map(({ name }) => outputs[name] as Tensor);
  } finally {
    await session.release();
  }
}

export async function runClassicCase(one: Case): Promise<Tensor[]> {
  return runClassic(encodeTfliteBytes(fileOf(one)), feedsOf(one));
}

export function list(tensor: Tensor | undefined): number[] {
  return Array.from((tensor?.data ?? []) as ArrayLike<number | bigint>, Number);
}

/** Equal in dims and, within `tolerance` (relative to 1 and up), in numbers. */
export function expectSame(actual: readonly Tensor[], expected: readonly Tensor[], tolerance: number): void {
  expect(actual.map(({ dtype, dims }) => [dtype, dims])).toEqual(
    expected.map(({ dtype, dims }) => [dtype, dims]),
  );
  for (const [index, want] of expected.entries()) expectNumbers(list(actual[index]), list(want), tolerance);
}

export function expectNumbers(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  expect(actual).toHaveLength(expected.length);
  const wrong = expected.flatMap((want, at) => {
    const got = actual[at] ?? Number.NaN;
    const isSame = Object.is(got, want) || Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want));
    return isSame ? [] : [`${at}: ${got} instead of ${want}`];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
}

/** The graph against LiteRT on the same file. */
export async function expectLikeLitert(one: Case, tolerance = 1e-5): Promise<Model> {
  const expected = await runLitert(one);
  const { plain, optimized, model } = await runRead(one);
  expectSame(plain, expected, tolerance);
  expectSame(optimized, expected, tolerance);
  return model;
}

/** Numbers that look arbitrary and are the same everywhere, between -1 and 1. */
export function numbers(count: number, seed = 1): number[] {
  return Array.from({ length: count }, (_, index) => Math.sin((index + 1) * 12.9898 * seed + seed));
}

export function integers(count: number, from: number, below: number, seed = 1): number[] {
  return numbers(count, seed).map(
    (value) => from + Math.floor(((value + 1) / 2) * (below - from) * 0.999999),
  );
}

export function float(shape: readonly number[], seed = 1): Value {
  return { shape, values: numbers(elementCount(shape), seed) };
}

export function fixed(shape: readonly number[], seed = 1): Value {
  return { shape, constant: numbers(elementCount(shape), seed) };
}

export function ints(constant: readonly number[], shape: readonly number[] = [constant.length]): Value {
  return { type: 'int32', shape, constant };
}

export function quantized(
  type: 'int8' | 'uint8' | 'int16',
  shape: readonly number[],
  scale: number,
  zeroPoint: number,
  seed = 1,
): Value {
  const [from, below] = { int8: [-128, 128], uint8: [0, 256], int16: [-32768, 32768] }[type] ?? [0, 1];
  const values = integers(elementCount(shape), from ?? 0, below ?? 1, seed);
  return { type, shape, values, quantization: { scale: [scale], zeroPoint: [zeroPoint] } };
}
