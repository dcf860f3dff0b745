// The files the tests of this folder read from the corpus, and how: models as they stand, tensors of the backend suite.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeOnnx } from '../../src/formats/onnx/decode.ts';
import { decodeTensor } from '../../src/formats/onnx/decode-tensor.ts';
import { externalFiles } from '../../src/formats/onnx/external-data.ts';
import { onnxSchema, type TensorProto } from '../../src/formats/onnx/schema.ts';
import { source } from '../../src/formats/onnx/source.ts';
import type { Model } from '../../src/graph/model.ts';
import type { Tensor } from '../../src/graph/tensor.ts';

/** The corpus of real files; tests that need it are skipped without it. */
export const corpus = process.env.MLCTL_CORPUS;

const suite = join(corpus ?? '', 'onnx-backend', 'node');

/** Names of the plain tests of the backend suite; the others are the same operators spelled out in simpler ones. */
export function backendTests(): string[] {
  return allBackendTests().filter((name) => !name.includes('_expanded'));
}

export function allBackendTests(): string[] {
  return readdirSync(suite).sort();
}

export async function backendModel(test: string): Promise<Model> {
  return readModel(join(suite, test, 'model.onnx'));
}

/** The inputs of a backend test, where they are plain tensors, by position. */
export async function backendInputs(test: string, count: number): Promise<(Tensor | undefined)[]> {
  const schema = await onnxSchema();
  return Array.from({ length: count }, (_, index) => {
    const path = join(suite, test, 'test_data_set_0', `input_${index}.pb`);
    if (!existsSync(path)) return undefined;
    try {
      const proto = schema.decode('TensorProto', readFileSync(path)) as TensorProto;
      return decodeTensor(
        proto,
        source(path, externalFiles(path), () => {}),
      );
    } catch {
      // A sequence or an optional value.
      return undefined;
    }
  });
}

/** Paths of all ONNX files of the corpus outside the backend suite. */
export function corpusModels(): string[] {
  const root = join(corpus ?? '', 'onnx');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.onnx'))
    .sort();
}

export async function corpusModel(path: string): Promise<Model> {
  return readModel(join(corpus ?? '', 'onnx', path));
}

async function readModel(path: string): Promise<Model> {
  return decodeOnnx(readFileSync(path), path);
}
