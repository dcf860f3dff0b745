// One ONNX operator written as TFLite: LiteRT gives what onnxruntime gives.

import { expect } from 'vitest';
import { float, int, string } from '../../../src/graph/attribute.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Attribute, Model } from '../../../src/graph/model.ts';
import { elementCount, float32, type Tensor } from '../../../src/graph/tensor.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { distance, operators, runFile, write } from './write-run.ts';

export type Use = {
  readonly opType: string;
  /** Inputs that are fed, by name. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Constants after them; null: left out. */
  readonly constants?: readonly (Tensor | null)[];
  /** Names of inputs and numbers of constants, where constants do not come last. */
  readonly order?: readonly (string | number)[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  readonly outputs?: number;
};

let state = 1;

/** The same numbers between −1 and 1 in every run. */
export function numbers(...dims: number[]): Tensor {
  const next = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
  return float32(dims, Array.from({ length: elementCount(dims) }, next));
}

export function scaled({ dims, data }: Tensor, factor: number, shift = 0): Tensor {
  return float32(
    dims,
    Array.from(data as Float32Array, (value) => value * factor + shift),
  );
}

export function modelOf({ opType, feeds, constants = [], order, attributes = {}, outputs = 1 }: Use): Model {
  const b = new GraphBuilder('one');
  const given = Object.entries(feeds).map(([name, { dtype, dims }]) => b.input(name, dtype, dims));
  const held = constants.map((tensor, index) => (tensor === null ? '' : b.constant(`c${index}`, tensor)));
  const names = Array.from({ length: outputs }, (_, index) => `y${index}`);
  const inputs = order?.map((item) => (typeof item === 'string' ? item : (held[item] ?? ''))) ?? [
    ...given,
    ...held,
  ];
  b.add(opType, inputs, { attributes: wrapped(attributes), outputs: names });
  b.graph.outputs.push(...names);
  return b.model({ name: 'test', version: '1' });
}

/** The operators of the file. `limit` 0: every number is the same one. */
export async function agrees(use: Use, limit = 1e-5): Promise<string[]> {
  const model = modelOf(use);
  const session = await openGraph(model, { optimize: false });
  const wanted = await session.run(use.feeds);
  await session.release();
  const file = await write(model);
  const got = await runFile(file, use.feeds);
  for (const [name, tensor] of Object.entries(wanted)) {
    expect(got[name]?.dims).toEqual(tensor.dims);
    if (limit === 0) expect(got[name]?.data).toEqual(tensor.data);
    else expect(distance(tensor, got[name])).toBeLessThan(limit);
  }
  return operators(file);
}

function wrapped(attributes: NonNullable<Use['attributes']>): Record<string, Attribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'string') return [name, string(value)];
      if (typeof value === 'number' && !Number.isInteger(value)) return [name, float(value)];
      return [name, int(value as number)];
    }),
  );
}
