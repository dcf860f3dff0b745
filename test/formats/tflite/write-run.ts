// Writes a graph as TFLite and runs the file in LiteRT.

import { quietContext } from '../../../src/context.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import type { TfliteFile } from '../../../src/formats/tflite/records.ts';
import { toRecords } from '../../../src/formats/tflite/write.ts';
import { type Model, tensorType } from '../../../src/graph/model.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import litert from '../../../src/runtimes/litert.ts';
import { evaluateGraph } from '../../../src/runtimes/onnxruntime.ts';
import type { Feeds } from '../../../src/runtimes/session.ts';

export const context = quietContext();

export function write(model: Model): Promise<TfliteFile> {
  return toRecords(model, context, { evaluate: evaluateGraph });
}

export async function runFile(file: TfliteFile, feeds: Feeds): Promise<Feeds> {
  const session = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(file) });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

export function operators({ subgraphs }: TfliteFile): string[] {
  return subgraphs.flatMap((subgraph) => subgraph.operators.map(({ opcode }) => opcode));
}

/** Gives open axes the lengths they are fed with: LiteRT sizes its tensors when it loads a file. */
export function fixInputs(model: Model, feeds: Feeds): void {
  for (const name of model.graph.inputs) {
    const tensor = feeds[name];
    if (tensor) model.graph.types.set(name, tensorType(tensor.dtype, tensor.dims));
  }
  // What followed from the open axes is worked out again.
  const kept = new Set([...model.graph.inputs, ...model.graph.initializers.keys()]);
  for (const [name, type] of model.graph.types) {
    if (kept.has(name) || type.kind !== 'tensor') continue;
    model.graph.types.set(name, tensorType(type.dtype, undefined));
  }
}

/** The largest difference over the scale of the values; infinite when the shapes differ. */
export function distance(wanted: Tensor, got: Tensor | undefined): number {
  if (got === undefined || got.data.length !== elementCount(wanted.dims)) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let scale = 1;
  for (let at = 0; at < wanted.data.length; at++) {
    const [a, b] = [numberAt(wanted, at), numberAt(got, at)];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const gap = Math.abs(a - b);
    worst = Math.max(worst, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
    scale = Math.max(scale, Math.abs(a));
  }
  return worst / scale;
}

/** Whether every element is as close as ONNX's own tests ask. */
export function isClose(wanted: Tensor, got: Tensor | undefined): boolean {
  if (got === undefined || got.data.length !== wanted.data.length) return false;
  for (let at = 0; at < wanted.data.length; at++) {
    const [a, b] = [numberAt(wanted, at), numberAt(got, at)];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const least = wanted.dtype === 'float16' || wanted.dtype === 'bfloat16' ? 1e-3 : 2e-6;
    if (!(Math.abs(a - b) <= least + 1e-3 * Math.abs(a))) return false;
  }
  return true;
}

function numberAt({ dtype, data }: Tensor, at: number): number {
  const value = data[at];
  if (dtype !== 'float16') return Number(value);
  const bits = Number(value);
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
