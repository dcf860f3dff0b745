// What a runtime is not handed: files that end or hang onnxruntime. And what it is, though mlctl could not convert it.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadFormat, makeCase } from '../../../fixtures/fuzz/case.ts';
import { quietContext } from '../../../src/context.ts';
import { encodeOnnx, encodeOnnxBytes } from '../../../src/formats/onnx/encode.ts';
import { guard } from '../../../src/formats/onnx/guard.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { float32, int64 } from '../../../src/graph/tensor.ts';
import { openModel } from '../../../src/lifecycle/open.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlctl-guard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const producer = { name: 'test', version: '1' };

describe('files that are not handed to a runtime', () => {
  it.each([
    ['functions that double', '<functions>', 810],
    ['scales that are no list', '<scales of any rank>', 0],
  ])('%s', async (_, base, index) => {
    const { bytes } = await makeCase(await loadFormat('onnx'), [], { seed: 1, index, base });
    const path = join(folder, 'evil.onnx');
    writeFileSync(path, bytes);
    await expect(openModel(path, {}, quietContext())).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});

describe('files that are', () => {
  it('operators of domains that mlctl does not know', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    b.output('y', b.add('Gelu', [x], { domain: 'com.microsoft' }), 'float32', [2]);
    const path = join(folder, 'domain.onnx');
    writeFileSync(path, await encodeOnnxBytes(b.model(producer), { opset: 'lowest' }));
    await guard(path, quietContext());
  });

  it('weights beside the model: shapes among them are read, the others are not', async () => {
    const b = new GraphBuilder('g');
    const weights = b.constant('w', float32([256, 256], new Float32Array(256 * 256).fill(1)));
    const product = b.add('MatMul', [b.input('x', 'float32', [1, 256]), weights]);
    b.output('y', b.add('Reshape', [product, b.constant('shape', int64([16, 16]))]), 'float32', [16, 16]);
    const path = join(folder, 'apart.onnx');
    const written = await encodeOnnx(b.model(producer), {
      externalName: 'apart.data',
      externalThreshold: 0,
    });
    writeFileSync(path, Buffer.concat(written.chunks));
    writeFileSync(join(folder, 'apart.data'), Buffer.concat(written.external ?? []));
    await guard(path, quietContext());
    truncateSync(join(folder, 'apart.data'), 1000);
    await expect(guard(path, quietContext())).rejects.toMatchObject({ code: 'MODEL_DAMAGED' });
  });
});
