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
