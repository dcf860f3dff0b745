// Archives above the limits of the first zip format, and weights in bfloat16: what large models come with.

import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { writeKerasArchive } from '../../../fixtures/formats/keras/archive.ts';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import { repairChecksums } from '../../../fixtures/fuzz/hdf5-checksums.ts';
import { quietContext } from '../../../src/context.ts';
import keras from '../../../src/formats/keras/index.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { list, temporaryPath } from './run.ts';

const kernel = numbers(6);
const bias = numbers(2);
const config = {
  class_name: 'Sequential',
  config: {
    name: 's',
    layers: [
      { class_name: 'InputLayer', config: { batch_shape: [null, 3], name: 'x' } },
      { class_name: 'Dense', config: { name: 'd', units: 2 } },
    ],
  },
};

type Data = Float32Array | Int16Array;

async function archive(kernelData: Data = kernel, biasData: Data = bias): Promise<string> {
  const path = temporaryPath('model.keras');
  await writeKerasArchive(path, {
    config,
    objects: {
      'layers/dense': [
        { dims: [3, 2], data: kernelData },
        { dims: [2], data: biasData },
      ],
    },
  });
  return path;
}

async function outputs(path: string): Promise<number[]> {
  const session = await openGraph(await keras.read(path, quietContext()));
  try {
    const x = { dtype: 'float32', dims: [1, 3], data: Float32Array.of(1, -2, 3) } as const;
    return Object.values(await session.run({ x })).flatMap((tensor) => list(tensor) as number[]);
  } finally {
    await session.release();
  }
}

/** The entries again, every size and place of the directory in its ZIP64 record; the last one begins at `lastAt`. */
function writeZip64(path: string, entries: Readonly<Record<string, Uint8Array>>, lastAt = 0): void {
  const file = openSync(path, 'w');
  try {
    const directory: Buffer[] = [];
    let at = 0;
    for (const [index, [name, content]] of Object.entries(entries).entries()) {
      if (index === Object.keys(entries).length - 1) at = Math.max(at, lastAt);
      const local = Buffer.alloc(30 + name.length);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(name.length, 26);
      local.write(name, 30);
      writeSync(file, local, 0, local.length, at);
      writeSync(file, content, 0, content.length, at + local.length);
      const central = Buffer.alloc(46 + name.length + 28);
      central.writeUInt32LE(0x02014b50, 0);
      central.writeUInt32LE(crc32(content), 16);
      for (const place of [20, 24, 42]) central.writeUInt32LE(0xffffffff, place);
      central.writeUInt16LE(name.length, 28);
      central.writeUInt16LE(28, 30);
      central.write(name, 46);
      central.writeUInt16LE(1, 46 + name.length);
      central.writeUInt16LE(24, 48 + name.length);
      for (const [number, value] of [content.length, content.length, at].entries())
        central.writeBigUInt64LE(BigInt(value), 50 + name.length + 8 * number);
      directory.push(central);
      at += local.length + content.length;
    }
    const records = Buffer.concat(directory);
    const end = Buffer.alloc(56 + 20 + 22, 0xff);
    end.writeUInt32LE(0x06064b50, 0);
    for (const [place, value] of [
      [32, directory.length],
      [40, records.length],
      [48, at],
    ] as const)
      end.writeBigUInt64LE(BigInt(value), place);
    end.writeUInt32LE(0x07064b50, 56);
    end.writeBigUInt64LE(BigInt(at + records.length), 64);
    end.writeUInt32LE(0x06054b50, 76);
    end.writeUInt16LE(0, 96);
    writeSync(file, Buffer.concat([records, end]), 0, records.length + end.length, at);
  } finally {
    closeSync(file);
  }
}

describe('a ZIP64 archive', () => {
  it('gives what the ordinary one does', async () => {
    const path = await archive();
    const expected = await outputs(path);
    expect(expected).toHaveLength(2);
    writeZip64(path, unzipSync(readFileSync(path)));
    expect(await outputs(path)).toEqual(expected);
  });

  it('is read beyond 4 GB', async () => {
    const path = await archive();
    const expected = await outputs(path);
    // A hole in the file: no disk is used.
    writeZip64(path, unzipSync(readFileSync(path)), 5e9);
    expect(await outputs(path)).toEqual(expected);
  });

  it.each([
    ['whose locator leads elsewhere', -(22 + 20) + 8, 'the ZIP64 directory'],
    ['with more entries than are there', -(22 + 20 + 56) + 32, 'entry 3'],
    ['whose directory is longer than the file', -(22 + 20 + 56) + 40, 'the directory'],
  ])('%s is refused', async (_, from, problem) => {
    const path = await archive();
    writeZip64(path, unzipSync(readFileSync(path)));
    const bytes = readFileSync(path);
    bytes[bytes.length + from] = (bytes[bytes.length + from] ?? 0) + 4;
    writeFileSync(path, bytes);
    await expect(keras.read(path, quietContext())).rejects.toMatchObject({
      code: 'MODEL_DAMAGED',
      message: expect.stringContaining(problem),
    });
  });

  it('cut off anywhere is refused', async () => {
    const path = await archive();
    writeZip64(path, unzipSync(readFileSync(path)));
    const length = readFileSync(path).length;
    for (let cut = 1; cut < 400; cut += 7) {
      const file = openSync(path, 'r+');
      ftruncateSync(file, length - cut);
      closeSync(file);
      await expect(keras.read(path, quietContext())).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
    }
  });
});

describe('bfloat16 variables', () => {
  it('are read as the numbers they stand for', async () => {
    // The upper half of a float32, rounded: what the weights would be in bfloat16.
    const half = (data: Float32Array) =>
      Int16Array.from(new Uint32Array(data.slice().buffer), (bits) => (bits + 0x8000) >>> 16);
    const rounded = (data: Float32Array) =>
      new Float32Array(Uint32Array.from(half(data), (bits) => bits << 16).buffer);
    const expected = await outputs(await archive(rounded(kernel), rounded(bias)));

    const path = await archive(half(kernel), half(bias));
    const entries = unzipSync(readFileSync(path));
    entries['model.weights.h5'] = await asBfloat16(entries['model.weights.h5'] ?? new Uint8Array());
    writeZip64(path, entries);
    expect(await outputs(path)).toEqual(expected);
  });

  it('of unknown kind are refused', async () => {
    const path = await archive(Int16Array.from(numbers(6)), Int16Array.from(numbers(2)));
    const entries = unzipSync(readFileSync(path));
    entries['model.weights.h5'] = await asBfloat16(entries['model.weights.h5'] ?? new Uint8Array(), 'int4');
    writeZip64(path, entries);
    await expect(keras.read(path, quietContext())).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
  });
});

/** Two opaque bytes each, with a word beside them, as h5py and Keras write them; h5wasm itself cannot. */
async function asBfloat16(content: Uint8Array, word = 'bfloat16'): Promise<Uint8Array<ArrayBuffer>> {
  const { File, ready } = await import('h5wasm/node');
  await ready;
  const path = temporaryPath('weights.h5');
  writeFileSync(path, content);
  const file = new File(path, 'a');
  for (const name of ['0', '1']) {
    const dataset = file.get(`layers/dense/vars/${name}`);
    if (dataset !== null && 'create_attribute' in dataset) dataset.create_attribute('dtype', word);
  }
  file.close();
  const bytes = readFileSync(path);
  // A datatype message: 16-bit integer with a sign (class 0, version 1); becomes class 5, opaque, without a tag.
  const integer = Buffer.from('1008000002000000', 'hex');
  const opaque = Buffer.from('1500000002000000', 'hex');
  for (let at = bytes.indexOf(integer); at >= 0; at = bytes.indexOf(integer, at)) opaque.copy(bytes, at);
  repairChecksums(bytes);
  return Uint8Array.from(bytes);
}
