// Real models from many exporters: they read, describe and round-trip, and compute what they did before.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { decodeOnnx } from '../../../src/formats/onnx/decode.ts';
import { encodeOnnxBytes } from '../../../src/formats/onnx/encode.ts';
import onnx from '../../../src/formats/onnx/index.ts';
import { readOnnx } from '../../../src/formats/onnx/read.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { validate } from '../../../src/graph/validate.ts';
import onnxruntime, { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { difference, expectSame } from '../../graph/compare.ts';
import { corpusFolder, corpusModels, seededFeeds } from './corpus.ts';
import { find, noOriginal, notReadable } from './corpus-exclusions.ts';

const folder = corpusFolder ?? '';
const context = quietContext();
const names = corpusModels();

describe.skipIf(corpusFolder === undefined)('ONNX files of the corpus (needs MLCTL_CORPUS)', () => {
  test('there are some', () => {
    expect(names.length).toBeGreaterThan(100);
  });

  test.each(names)('%s describes and comes back the same', async (name) => {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    expect(
      onnx.match({
        path,
        isFolder: false,
        bytes: bytes.length,
        head: bytes.subarray(0, 65536),
        extension: '',
      }),
    ).toBe(true);
    const described = await onnx.describe(path, context);
    const model = await decodeOnnx(bytes, path);
    validate(model);
    expect(described.inputs.map((value) => value.name)).toEqual(model.graph.inputs);
    expect(described.outputs.map((value) => value.name)).toEqual(model.graph.outputs);
    const written = await encodeOnnxBytes(model);
    const again = await decodeOnnx(written, path);
    expectSame(again, model);
    expect(Buffer.compare(await encodeOnnxBytes(again), written)).toBe(0);
  });

  test.each(names)('%s computes the same as written, and at opset 21', async (name) => {
    const path = join(folder, name);
    const original = await run(path);
    const reason = find(noOriginal, name);
    if (reason !== undefined && !reason.mayPass)
      expect(original, `excluded: ${reason.reason}`).toBeUndefined();
    const unreadable = find(notReadable, name);
    if (unreadable !== undefined) {
      await expect(readOnnx(path, context), unreadable.reason).rejects.toThrow();
      return;
    }
    const read = await readOnnx(path, context);
    if (original === undefined) {
      expect(reason, 'onnxruntime does not run the original').toBeDefined();
      return;
    }
    for (const model of [await decodeOnnx(readFileSync(path), path), read]) {
      const session = await openGraph(model);
      const results = await session.run(original.feeds);
      await session.release();
      for (const [output, tensor] of Object.entries(original.results)) {
        const found = difference(results[output], tensor, { rtol: 1e-5, atol: 1e-6, ofLargest: 1e-6 });
        expect(found, output).toBeUndefined();
      }
    }
  });
});

async function run(
  path: string,
): Promise<{ feeds: Record<string, Tensor>; results: Readonly<Record<string, Tensor>> } | undefined> {
  try {
    const session = await onnxruntime.open({ format: 'onnx', path });
    try {
      const feeds = seededFeeds(path.slice(folder.length + 1), session);
      return { feeds, results: await session.run(feeds) };
    } finally {
      await session.release();
    }
  } catch {
    return undefined;
  }
}
