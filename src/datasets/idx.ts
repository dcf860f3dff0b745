// The IDX arrays of MNIST and its relatives. Labels beside the images are found by name.
// http://yann.lecun.com/exdb/mnist/ ("the IDX file format")

import { basename, dirname, join } from 'node:path';
import { errors } from '../errors.ts';
import type { DType } from '../graph/dtype.ts';
import { type Tensor, tensorFromBytes } from '../graph/tensor.ts';
import { wholeFile } from './bytes.ts';
import type { DatasetFormat, Source } from './definition.ts';
import { probeData } from './probe.ts';

export default {
  name: 'idx',
  title: 'IDX arrays (MNIST)',
  extensions: ['.idx', '.idx1-ubyte', '.idx3-ubyte'],
  match: ({ head }) => head[0] === 0 && head[1] === 0 && isHeader(head),
  async read(source) {
    const array = decodeIdx(await wholeFile(source), source);
    if (array.dims.length === 1) return { kind: 'arrays', arrays: new Map([['labels', array]]) };
    const arrays = new Map([['data', array]]);
    const labels = await labelsBeside(source);
    if (labels) arrays.set('labels', labels);
    return { kind: 'arrays', arrays };
  },
} satisfies DatasetFormat;

const types: Readonly<Record<number, DType>> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
};

const sizes: Partial<Record<DType, number>> = { int16: 2, int32: 4, float32: 4, float64: 8 };

function isHeader(head: Uint8Array): boolean {
  const axes = head[3] ?? 0;
  return types[head[2] ?? 0] !== undefined && axes >= 1 && axes <= 8 && head.length >= 4 + 4 * axes;
}

/** Errors: DATA_INVALID when the header and the length of the file do not agree, DATA_EMPTY. */
function decodeIdx(bytes: Uint8Array, { shown }: Source): Tensor {
  if (!isHeader(bytes)) throw errors.DATA_INVALID(shown, 'its header is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dtype = types[view.getUint8(2)] as DType;
  const size = sizes[dtype] ?? 1;
  const axes = view.getUint8(3);
  const dims: number[] = [];
  for (let axis = 0; axis < axes; axis++) dims.push(view.getUint32(4 + 4 * axis));
  if (dims[0] === 0) throw errors.DATA_EMPTY(shown, 'its header says 0 rows');
  const start = 4 + 4 * axes;
  const needed = dims.reduce((product, dim) => product * dim, size);
  if (needed !== bytes.length - start) {
    throw errors.DATA_INVALID(
      shown,
      `its header says ${dims.join('×')} elements, ${needed} bytes, and ${bytes.length - start} follow`,
    );
  }
  const body = new Uint8Array(bytes.subarray(start));
  for (let at = 0; size > 1 && at < body.length; at += size) body.subarray(at, at + size).reverse();
  return tensorFromBytes(dtype, dims, body);
}

/** `t10k-images-idx3-ubyte.gz` → `t10k-labels-idx1-ubyte`, with or without `.gz`. */
async function labelsBeside({ probe, shown }: Source): Promise<Tensor | undefined> {
  const name = basename(probe.path).replace(/\.gz$/i, '');
  const labels = name.replace('images', 'labels').replace('idx3', 'idx1');
  if (labels === name) return undefined;
  for (const candidate of [labels, `${labels}.gz`]) {
    const path = join(dirname(probe.path), candidate);
    const besideShown = join(dirname(shown), candidate);
    const found = await probeData(path, besideShown).catch(() => undefined);
    if (!found || found.isFolder) continue;
    const source = { probe: found, shown: besideShown, options: {} };
    const array = decodeIdx(await wholeFile(source), source);
    if (array.dims.length === 1) return array;
  }
  return undefined;
}
