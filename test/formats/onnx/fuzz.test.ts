// Damaged files must end in one of our errors: no crash, no endless loop, no memory beyond what the file can hold.
// The seeds are fixed; a case that fails is found again by its name.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import { describeBytes } from '../../../src/formats/onnx/describe.ts';
import { encodeOnnxBytes } from '../../../src/formats/onnx/encode.ts';
import { readBytes } from '../../../src/formats/onnx/read.ts';
import { onnxSchema } from '../../../src/formats/onnx/schema.ts';
import { printModel } from '../../../src/graph/print.ts';
import { backendFolder } from './backend.ts';
import { corpusFolder } from './corpus.ts';
import { mutate, mutateMessage } from './mutate.ts';

const context = quietContext();
const fixtures = fileURLToPath(new URL('../../../fixtures/formats/onnx/', import.meta.url));
const seeds = Array.from({ length: 60 }, (_, index) => index);

const files = [`${fixtures}mlp.onnx`, `${fixtures}opset-7.onnx`, `${fixtures}external/inside.onnx`];
if (corpusFolder !== undefined) {
  files.push(`${corpusFolder}/gonnx/gru.onnx`, `${corpusFolder}/onnx2tf-ops/Loop_3_16.onnx`);
  files.push(`${corpusFolder}/sklearn-iris/logreg_iris.onnx`, `${corpusFolder}/onnx2tf-ops/If_p3_11.onnx`);
}
if (backendFolder !== undefined) {
  files.push(`${backendFolder}/test_sequence_map_add_2_sequences_expanded/model.onnx`);
  files.push(`${backendFolder}/test_identity_opt/model.onnx`);
}

async function use(bytes: Uint8Array, path: string): Promise<string> {
  try {
    await describeBytes(bytes, path);
    const model = await readBytes(bytes, path, context);
    printModel(model);
    await encodeOnnxBytes(model);
    return 'read';
  } catch (error) {
    if (error instanceof MlctlError && error.code !== 'INTERNAL') return error.code;
    throw error;
  }
}

describe.each(files.map((path) => [path.replace(/^.*\/(?=[^/]+\/[^/]+$)/, ''), path]))('%s', (_, path) => {
  const bytes = readFileSync(path);

  test('as bytes', async () => {
    const before = process.memoryUsage().rss;
    const outcomes = new Map<string, number>();
    for (const seed of seeds) {
      const outcome = await use(mutate(bytes, seed), path).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    // Otherwise the damage does not reach the reader.
    expect(outcomes.get('MODEL_DAMAGED')).toBeGreaterThan(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(1e9);
  });

  test('as messages that are well-formed but wrong', async () => {
    const schema = await onnxSchema();
    const outcomes = new Set<string>();
    for (const seed of seeds) {
      const message = schema.decode('ModelProto', bytes) as object;
      mutateMessage(message, seed);
      outcomes.add(
        await use(schema.encode('ModelProto', message), path).catch((error: unknown) => {
          throw new Error(`seed ${seed}`, { cause: error });
        }),
      );
    }
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

test('every way to cut a file short is noticed', async () => {
  const bytes = readFileSync(`${fixtures}mlp.onnx`);
  for (let length = 0; length < bytes.length; length++) {
    // Cut exactly between two fields a message looks whole; then values are missing from the graph.
    const outcome = await use(bytes.subarray(0, length), 'cut.onnx');
    expect(['MODEL_DAMAGED', 'MODEL_INVALID'], `cut at ${length}`).toContain(outcome);
  }
});
