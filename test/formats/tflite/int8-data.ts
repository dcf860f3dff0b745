// Real rows for the networks of int8-twins.ts, where the corpus has some.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Int8Data } from '../../../fixtures/formats/tflite/int8-twins.ts';
import { decodeImage } from '../../../src/encoding/images.ts';
import { decodeNpy } from '../../../src/encoding/npy.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';

export type Rows = {
  /** Shape of one row, without the batch. */
  readonly dims: readonly number[];
  readonly rows: readonly Float32Array[];
  /** Index of the right class, by row. */
  readonly labels: readonly number[] | undefined;
};

/** `dims`: the shape of an input row. */
export async function readRows(corpus: string, data: Int8Data, dims: readonly number[]): Promise<Rows> {
  if (data === 'kws') return spokenWords(corpus);
  if (data === 'cifar') return photographs(corpus, 32, 1, 1);
  if (data === 'cifar-96') return { ...(await photographs(corpus, 96, 255, 3.3)), labels: undefined };
  return madeUp(dims, data.low, data.high);
}

/** Rows whose index leaves `part` when divided by 5, and all others. */
export function fifth(
  count: number,
  part: number,
): { readonly inside: number[]; readonly outside: number[] } {
  const all = [...Array(count).keys()];
  return {
    inside: all.filter((row) => row % 5 === part),
    outside: all.filter((row) => row % 5 !== part),
  };
}

/** As one tensor. */
export function stacked({ dims, rows }: Rows, indices: readonly number[]): Tensor & { data: Float32Array } {
  const per = rows[0]?.length ?? 0;
  const data = new Float32Array(indices.length * per);
  for (const [at, row] of indices.entries()) data.set(rows[row] ?? [], at * per);
  return { dtype: 'float32', dims: [indices.length, ...dims], data };
}

async function photographs(corpus: string, size: number, divisor: number, every: number): Promise<Rows> {
  const folder = join(corpus, 'datasets/cifar10-jpeg');
  const classes = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const files = classes.flatMap((name, label) =>
    readdirSync(join(folder, name))
      .sort()
      .map((file) => ({ path: join(folder, name, file), label })),
  );
  const taken = files.filter((_, at) => Math.floor(at / every) !== Math.floor((at - 1) / every));
  const rows: Float32Array[] = [];
  for (const { path } of taken) {
    const spec = { width: size, height: size, channels: 3, order: 'rgb', fit: 'fill' } as const;
    const pixels = await decodeImage(readFileSync(path), { ...spec, interpolation: 'bilinear' });
    rows.push(Float32Array.from(pixels, (pixel) => pixel / divisor));
  }
  return { dims: [size, size, 3], rows, labels: taken.map(({ label }) => label) };
}

/** Stored as the codes of the network's own input. */
function spokenWords(corpus: string): Rows {
  const arrays = unzipSync(readFileSync(join(corpus, 'derived/kws-int8.npz')));
  const codes = decodeNpy(arrays['x.npy'] ?? new Uint8Array());
  const labels = decodeNpy(arrays['y.npy'] ?? new Uint8Array());
  const values = Float32Array.from(codes.data as Int8Array, (code) => 0.5847029 * (code - 83));
  const [count = 0, ...dims] = codes.dims;
  const per = values.length / count;
  const rows = Array.from({ length: count }, (_, row) => values.subarray(row * per, (row + 1) * per));
  return { dims, rows, labels: Array.from(labels.data as BigInt64Array, Number) };
}

function madeUp(dims: readonly number[], low: number, high: number): Rows {
  // Linear congruential generator of Numerical Recipes: enough for numbers that are only spread.
  let state = 1;
  const next = () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  };
  const per = dims.reduce((product, dim) => product * dim, 1);
  const rows = Array.from({ length: 500 }, () => Float32Array.from({ length: per }, next));
  return { dims, rows, labels: undefined };
}
