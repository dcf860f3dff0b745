// The ONNX project's own operator tests, from the corpus: a model, its inputs and the outputs it must give.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { decodeTensor } from '../../../src/formats/onnx/decode-tensor.ts';
import { externalFiles } from '../../../src/formats/onnx/external-data.ts';
import {
  type GraphProto,
  type ModelProto,
  onnxSchema,
  type TensorProto,
} from '../../../src/formats/onnx/schema.ts';
import { source } from '../../../src/formats/onnx/source.ts';
import type { Model } from '../../../src/graph/model.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { difference } from '../../graph/compare.ts';

/** undefined when the corpus is not on this machine. */
export const backendFolder = env.MLCTL_CORPUS ? join(env.MLCTL_CORPUS, 'onnx-backend', 'node') : undefined;

export type BackendCase = {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** False when an input or output is a sequence or optional; then there are no feeds. */
  readonly allTensors: boolean;
  readonly feeds: Record<string, Tensor>;
  readonly expected: Record<string, Tensor>;
};

export function backendCases(): string[] {
  return backendFolder === undefined ? [] : readdirSync(backendFolder).sort();
}

export async function loadCase(name: string): Promise<BackendCase> {
  const folder = join(backendFolder ?? '', name);
  const path = join(folder, 'model.onnx');
  const bytes = readFileSync(path);
  const proto = (await onnxSchema()).decode('ModelProto', bytes) as ModelProto;
  const graph = proto.graph as GraphProto;
  const initializers = new Set(graph.initializer.map((item) => item.name));
  const inputs = graph.input.filter((value) => !initializers.has(value.name));
  if ([...inputs, ...graph.output].some((value) => !value.type?.tensorType)) {
    return { path, bytes, allTensors: false, feeds: {}, expected: {} };
  }
  return {
    path,
    bytes,
    allTensors: true,
    feeds: await loadValues(folder, 'input', inputs),
    expected: await loadValues(folder, 'output', graph.output),
  };
}

/** What is wrong with the answers that onnxruntime gives; of random ones only types and shapes are known. */
export async function judgeCase(
  read: () => Promise<Model> | Model,
  one: BackendCase,
  isRandom: boolean,
): Promise<string | undefined> {
  try {
    const session = await openGraph(await read());
    try {
      const results = await session.run(one.feeds);
      for (const [name, expected] of Object.entries(one.expected)) {
        const actual = results[name];
        if (isRandom) {
          if (actual?.dtype !== expected.dtype || actual.dims.join() !== expected.dims.join()) return name;
          continue;
        }
        // Transforms sum hundreds of terms: zero is as near as the largest of them allows.
        const found = difference(actual, expected, { rtol: 1e-3, atol: 1e-7, ofLargest: 1e-6 });
        if (found !== undefined) return `${name}: ${found}`;
      }
    } finally {
      await session.release();
    }
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function loadValues(folder: string, kind: string, values: readonly { name: string }[]) {
  const schema = await onnxSchema();
  const loaded: Record<string, Tensor> = {};
  for (const [index, { name }] of values.entries()) {
    const path = join(folder, 'test_data_set_0', `${kind}_${index}.pb`);
    if (!existsSync(path)) continue;
    const proto = schema.decode('TensorProto', readFileSync(path)) as TensorProto;
    loaded[name] = decodeTensor(
      proto,
      source(path, externalFiles(path), () => {}),
    );
  }
  return loaded;
}
