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
import type { Tensor } from '../../../src/graph/tensor.ts';

/** undefined when the corpus is not on this machine. */
export const backendFolder = env.MLCTL_CORPUS ? join(env.MLCTL_CORPUS, 'onnx-backend', 'node') : undefined;

export type BackendCase = {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly feeds: Record<string, Tensor>;
  readonly expected: Record<string, Tensor>;
};

export function backendCases(): string[] {
  return backendFolder === undefined ? [] : readdirSync(backendFolder).sort();
}

/** The case, or why it cannot be fed: its values are not all tensors. */
export async function loadCase(name: string): Promise<BackendCase | { notTensors: true }> {
  const folder = join(backendFolder ?? '', name);
  const path = join(folder, 'model.onnx');
  const bytes = readFileSync(path);
  const proto = (await onnxSchema()).decode('ModelProto', bytes) as ModelProto;
  const graph = proto.graph as GraphProto;
  const initializers = new Set(graph.initializer.map((item) => item.name));
  const inputs = graph.input.filter((value) => !initializers.has(value.name));
  if ([...inputs, ...graph.output].some((value) => !value.type?.tensorType)) return { notTensors: true };
  return {
    path,
    bytes,
    feeds: await loadValues(folder, 'input', inputs),
    expected: await loadValues(folder, 'output', graph.output),
  };
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
