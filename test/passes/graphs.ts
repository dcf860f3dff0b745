// What the pass tests share: running a graph before and after, and building layers the way the Keras reader does.

import { quietContext } from '../../src/context.ts';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import { type Pipeline, runPasses } from '../../src/passes/run.ts';
import { evaluateGraph, openGraph } from '../../src/runtimes/onnxruntime.ts';
import type { Feeds } from '../../src/runtimes/session.ts';

export const tools = { context: quietContext(), evaluate: evaluateGraph };

/** Seeded numbers in −1…1. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2654435761 + 1;
  }

  next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 31 - 1;
  }

  below(limit: number): number {
    return Math.min(limit - 1, Math.floor(((this.next() + 1) / 2) * limit));
  }

  tensor(dims: readonly number[]): Tensor {
    return float32(
      dims,
      Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => this.next()),
    );
  }
}

export async function run(model: Model, feeds: Feeds): Promise<Feeds> {
  const session = await openGraph(model, { optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Runs the model, then the passes, then the model again; the largest difference relative to the output's scale. */
export async function difference(model: Model, pipeline: Pipeline, feeds: Feeds): Promise<number> {
  // Both times at the opset that graphs of known types run at.
  inferTypes(model);
  const before = await run(model, feeds);
  await runPasses(model, pipeline, tools, { check: (changed) => validate(changed) });
  const after = await run(model, feeds);
  return Math.max(...Object.keys(before).map((name) => distance(before[name] as Tensor, after[name])));
}

export function distance(a: Tensor, b: Tensor | undefined): number {
  if (String(a.dims) !== String(b?.dims)) throw new Error(`dims ${a.dims} became ${b?.dims}`);
  const left = Array.from(a.data as ArrayLike<number>, Number);
  const right = Array.from(b?.data as ArrayLike<number>, Number);
  const scale = Math.max(1e-30, ...left.map(Math.abs).filter(Number.isFinite));
  let worst = 0;
  for (const [index, value] of left.entries()) {
    const other = right[index] as number;
    if (Object.is(value, other) || value === other) continue;
    worst = Math.max(worst, Math.abs(value - other) / scale || Number.POSITIVE_INFINITY);
  }
  return worst;
}

export function opTypes(model: Model): string[] {
  return model.graph.nodes.map((node) => node.opType);
}

export function count(model: Model, opType: string): number {
  return opTypes(model).filter((name) => name === opType).length;
}

/** Transposes that neither read a graph input nor make a graph output. */
export function insideTransposes(model: Model): number {
  const { inputs, outputs, nodes } = model.graph;
  return nodes.filter(
    (node) =>
      node.opType === 'Transpose' &&
      !inputs.includes(node.inputs[0] ?? '') &&
      !outputs.includes(node.outputs[0] ?? ''),
  ).length;
}

/** Channels-last layers, each wrapped in Transposes. Every method takes and returns a value of [N, H, W, C]. */
export class Layers {
  readonly b = new GraphBuilder('layers');
  readonly random: Random;
  readonly #channels = new Map<string, number>();

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  input(height: number, width: number, channels: number): string {
    const value = this.b.input('x', 'float32', ['batch', height, width, channels]);
    this.#channels.set(value, channels);
    return value;
  }

  channels(value: string): number {
    return this.#channels.get(value) ?? 0;
  }

  set(value: string, channels: number): string {
    this.#channels.set(value, channels);
    return value;
  }

  toFirst(value: string): string {
    return this.b.add('Transpose', [value], { attributes: { perm: int([0, 3, 1, 2]) } });
  }

  toLast(value: string): string {
    return this.b.add('Transpose', [value], { attributes: { perm: int([0, 2, 3, 1]) } });
  }

  conv(value: string, filters: number, size = 3, stride = 1, groups = 1): string {
    const { b, random } = this;
    const weights = b.constant('w', random.tensor([filters, this.channels(value) / groups, size, size]));
    const bias = b.constant('b', random.tensor([filters]));
    const attributes = {
      kernel_shape: int([size, size]),
      strides: int([stride, stride]),
      pads: int(new Array(4).fill((size - 1) / 2)),
      group: int(groups),
    };
    return this.set(
      this.toLast(b.add('Conv', [this.toFirst(value), weights, bias], { attributes })),
      filters,
    );
  }

  pool(value: string, opType: 'MaxPool' | 'AveragePool'): string {
    const attributes = { kernel_shape: int([2, 2]), strides: int([1, 1]), pads: int([0, 0, 1, 1]) };
    return this.set(
      this.toLast(this.b.add(opType, [this.toFirst(value)], { attributes })),
      this.channels(value),
    );
  }

  batchNorm(value: string): string {
    const { b, random } = this;
    const channels = this.channels(value);
    const [gamma, beta, mean] = [0, 1, 2].map(() => b.constant('p', random.tensor([channels])));
    const variance = random.tensor([channels]);
    const positive = float32(
      [channels],
      Array.from(variance.data as Float32Array, (x) => Math.abs(x) + 0.1),
    );
    const parameters = [gamma ?? '', beta ?? '', mean ?? '', b.constant('v', positive)];
    return this.set(this.toLast(b.add('BatchNormalization', [this.toFirst(value), ...parameters])), channels);
  }

  unary(value: string, opType: string): string {
    return this.set(this.b.add(opType, [value]), this.channels(value));
  }

  binary(opType: string, values: readonly string[]): string {
    return this.set(this.b.add(opType, values), this.channels(values[0] ?? ''));
  }

  concat(values: readonly string[]): string {
    const channels = values.reduce((sum, value) => sum + this.channels(value), 0);
    return this.set(this.b.add('Concat', values, { attributes: { axis: int(-1) } }), channels);
  }

  /** Squeeze and excite, in the ways Keras models spell it. */
  squeezeExcite(value: string, withConv: boolean): string {
    const { b, random } = this;
    const channels = this.channels(value);
    const pooled = b.add('ReduceMean', [value, b.ints('axes', [1, 2])], {
      attributes: { keepdims: int(withConv ? 1 : 0) },
    });
    let gate: string;
    if (withConv) {
      gate = this.conv(this.set(pooled, channels), channels, 1);
    } else {
      const dense = b.add('MatMul', [pooled, b.constant('w', random.tensor([channels, channels]))]);
      const biased = b.add('Add', [dense, b.constant('b', random.tensor([channels]))]);
      gate = b.add('Reshape', [biased, b.ints('shape', [-1, 1, 1, channels])]);
    }
    return this.set(b.add('Mul', [value, b.add('Sigmoid', [gate])]), channels);
  }

  /** Flatten, Dense, and the graph output. */
  flattenDense(value: string, height: number, width: number, units: number): void {
    const { b, random } = this;
    const size = height * width * this.channels(value);
    const flat = b.add('Reshape', [value, b.ints('shape', [-1, size])]);
    const dense = b.add('MatMul', [flat, b.constant('w', random.tensor([size, units]))]);
    const biased = b.add('Add', [dense, b.constant('b', random.tensor([units]))]);
    b.output('y', b.add('Softmax', [biased]), 'float32', ['batch', units]);
  }

  model(): Model {
    return this.b.model({ name: 'test', version: '1' });
  }
}
