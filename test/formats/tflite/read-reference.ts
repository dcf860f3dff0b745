// A TFLite file in Google's own interpreters beside its graph in onnxruntime, on the same inputs.

import { readFile } from 'node:fs/promises';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { readTfliteFile } from '../../../src/formats/tflite/file.ts';
import { interfaceOf, type Port } from '../../../src/formats/tflite/interface.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type { TfliteFile } from '../../../src/formats/tflite/records.ts';
import type { DType } from '../../../src/graph/dtype.ts';
import type { Model } from '../../../src/graph/model.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import { validate } from '../../../src/graph/validate.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import litert from '../../../src/runtimes/litert.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { openClassic } from '../../runtimes/tflite-classic.ts';

export type Comparison = {
  readonly oracle: 'LiteRT' | 'classic';
  /** Largest difference of a float output, relative to the largest value of that output. */
  readonly relative: number;
  /** Of integer outputs: share of elements at most one apart, and the largest difference. */
  readonly within: number;
  readonly worst: number;
  /** Of integer outputs: share of elements that are equal. */
  readonly exact: number;
  readonly model: Model;
};

export type Outcome = Comparison | { readonly cannot: string };

export const RUNS = 3;

/** Values of inputs that not every number fits: indices, divisors, shapes. */
export type Choice =
  | { readonly from: number; readonly below: number }
  | { readonly integers: readonly number[] };

export const choices: Readonly<Record<string, Choice>> = {
  'litert-ops/simple_floor_mod.tflite': { from: 1, below: 9 },
  'litert-ops/simple_topk_op_runtime_k.tflite': { from: 1, below: 3 },
  'litert-ops/simple_scatter_nd_op.tflite': { from: 0, below: 1 },
  'litert-ops/max_unpooling_2d.tflite': { from: 0, below: 128 },
  'litert-ops/max_unpooling_2d_valid.tflite': { from: 0, below: 16 },
  'litert-ops/single_rsqrt_default_a16w8_recipe_quantized.tflite': { from: 1000, below: 32768 },
  'tflite-micro/transpose_conv0.tflite': { integers: [1, 3, 12, 64] },
};

/** Files that end the interpreter, which then answers nothing more. */
const crashes: Readonly<Record<string, string>> = {
  'keyword_scrambled_8bit.tflite': 'the classic interpreter reads out of bounds (its SVDF wants int16 state)',
};

/** Where LiteRT is wrong and the classic interpreter cannot give the output: what to look at instead. */
const cut: Readonly<Record<string, readonly number[]>> = {
  // LiteRT resizes images of one pixel to rubbish; the classic interpreter gives no int64.
  'deeplab_aiseg_quant513.tflite': [171],
};

export async function compareFile(path: string, choice: Choice | undefined): Promise<Outcome> {
  const whole = await readTfliteFile(path);
  const tensors = cut[nameOf(path)];
  const [main, ...others] = whole.subgraphs;
  const file =
    tensors && main
      ? { ...whole, signatures: [], subgraphs: [{ ...main, outputs: tensors }, ...others] }
      : whole;
  const model = lowerTflite(file, path, quietContext());
  validate(model);
  await optimize(model, quietContext());
  validate(model);
  return compareModel(path, file, model, choice);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export async function compareModel(
  path: string,
  file: TfliteFile,
  model: Model,
  choice?: Choice,
): Promise<Outcome> {
  const ports = interfaceOf(file);
  if (ports === undefined) return { cannot: 'it has no subgraph' };
  const reference = await openReference(path, file, ports.inputs);
  if ('cannot' in reference) return reference;
  const session = await openGraph(model);
  let relative = 0;
  let near = 0;
  let same = 0;
  let count = 0;
  let worst = 0;
  try {
    for (let seed = 1; seed <= RUNS; seed++) {
      const feeds = ports.inputs.map(({ tensor }, index) => makeFeed(tensor, seed * 31 + index, choice));
      const expected = await reference.run(feeds);
      const named = Object.fromEntries(
        model.graph.inputs.map((name, index) => [name, feeds[index] as Tensor]),
      );
      const actual = await session.run(named);
      for (const [index, name] of model.graph.outputs.entries()) {
        const [want, got] = [expected[index], actual[name]];
        if (want === undefined || got === undefined) return { cannot: `output ${name} is missing` };
        if (elementCount(want.dims) !== elementCount(got.dims)) {
          throw new Error(`output ${name} is ${got.dims.join('x')} and should be ${want.dims.join('x')}`);
        }
        const differences = compare(want, got);
        if (got.dtype.startsWith('float')) relative = Math.max(relative, differences.relative);
        else {
          near += differences.near;
          same += differences.same;
          count += want.data.length;
          worst = Math.max(worst, differences.worst);
        }
      }
    }
  } finally {
    await session.release();
  }
  const share = (part: number) => (count === 0 ? 1 : part / count);
  return { oracle: reference.oracle, relative, within: share(near), exact: share(same), worst, model };
}

type Reference = {
  readonly oracle: Comparison['oracle'];
  /** From the initial state each time. */
  run(feeds: readonly Tensor[]): Promise<readonly Tensor[]>;
};

async function openReference(
  path: string,
  file: TfliteFile,
  inputs: readonly Port[],
): Promise<Reference | { cannot: string }> {
  const isCut = nameOf(path) in cut;
  const reason = isCut ? 'it resizes wrongly' : await litert.refusal({ format: 'tflite', path });
  if (reason === undefined) {
    return {
      oracle: 'LiteRT',
      async run(feeds) {
        const session = await litert.open({ format: 'tflite', path });
        try {
          const named = Object.fromEntries(inputs.map(({ name }, index) => [name, feeds[index] as Tensor]));
          const outputs = await session.run(named);
          return session.outputs.map(({ name }) => outputs[name] as Tensor);
        } finally {
          await session.release();
        }
      },
    };
  }
  const crash = crashes[nameOf(path)];
  if (crash !== undefined) return { cannot: `${reason}; ${crash}` };
  const bytes = isCut ? encodeTfliteBytes(file) : await readFile(path);
  try {
    (await openClassic(bytes)).release();
  } catch (error) {
    return { cannot: `${reason}; ${words(error)}` };
  }
  return {
    oracle: 'classic',
    async run(feeds) {
      const classic = await openClassic(bytes);
      try {
        return classic.run(feeds);
      } finally {
        classic.release();
      }
    },
  };
}

function words(error: unknown): string {
  if (error instanceof MlctlError) return error.message;
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

export function makeFeed(
  { type, shape = [] }: Port['tensor'],
  seed: number,
  choice: Choice | undefined,
): Tensor {
  const random = generator(seed);
  const dims = shape.map((dim) => Math.max(dim, 1));
  const count = elementCount(dims);
  const values = Array.from({ length: count }, random);
  const between = (from: number, below: number) =>
    values.map((value) => from + Math.floor(value * (below - from)));
  const { from, below } = choice !== undefined && 'from' in choice ? choice : { from: 0, below: 3 };
  const given = choice !== undefined && 'integers' in choice ? choice.integers : undefined;
  const tensor = (data: Tensor['data']): Tensor => ({ dtype: type as DType, dims, data });
  switch (type) {
    case 'float32':
      return tensor(Float32Array.from(values, (value) => value * 2 - 1));
    case 'int8':
      return tensor(Int8Array.from(between(-128, 128)));
    case 'uint8':
      return tensor(Uint8Array.from(between(0, 256)));
    case 'int16':
      return tensor(Int16Array.from(choice && !given ? between(from, below) : between(-32768, 32768)));
    case 'int32':
      return tensor(Int32Array.from(given ?? between(from, below)));
    case 'int64':
      return tensor(BigInt64Array.from(between(from, below), BigInt));
    case 'bool':
      return tensor(Uint8Array.from(between(0, 2)));
    default:
      throw new Error(`inputs of ${type} are not made here`);
  }
}

export function compare(want: Tensor, got: Tensor) {
  const a = want.data as ArrayLike<number | bigint>;
  const b = got.data as ArrayLike<number | bigint>;
  let scale = 0;
  let worst = 0;
  let near = 0;
  let same = 0;
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [Number(a[index]), Number(b[index])];
    if (Number.isNaN(x) && Number.isNaN(y)) {
      near++;
      same++;
      continue;
    }
    const difference = x === y ? 0 : Math.abs(x - y);
    if (Number.isFinite(x)) scale = Math.max(scale, Math.abs(x));
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    if (difference <= 1) near++;
    if (difference === 0) same++;
  }
  return { relative: worst === 0 ? 0 : worst / (scale || 1), worst, near, same };
}

/** mulberry32: uniform in 0…1, the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
