// The real ONNX files of the corpus, and inputs for them.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { dtypes } from '../../../src/graph/dtype.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import type { Session, TensorInfo } from '../../../src/runtimes/session.ts';

/** undefined when the corpus is not on this machine. */
export const corpusFolder = env.MLCTL_CORPUS ? join(env.MLCTL_CORPUS, 'onnx') : undefined;

/** Paths below the corpus's onnx folder. */
export function corpusModels(): string[] {
  if (corpusFolder === undefined) return [];
  return readdirSync(corpusFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .sort();
}

/** Lengths of axes the model leaves open, and values that must be sensible for it to run. */
const settings: Readonly<Record<string, { open?: readonly number[]; values?: Record<string, bigint> }>> = {
  'silero-vad/silero_vad.onnx': { open: [1, 576, 1], values: { sr: 16000n } },
  'silero-vad/silero_vad_half.onnx': { open: [1, 576, 1] },
  'onnx2tf-ops/Squeeze_var_13.onnx': { values: { 'onnx::Unsqueeze_1': 4n } },
};

export function seededFeeds(name: string, session: Session): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  const { open = [], values = {} } = settings[name] ?? {};
  let opened = 0;
  const random = generator(7);
  for (const input of session.inputs) {
    const dims = (input.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : (open[opened++] ?? 2)));
    feeds[input.name] = fill(input, dims, values[input.name], random);
  }
  return feeds;
}

function fill(input: TensorInfo, dims: number[], value: bigint | undefined, random: () => number): Tensor {
  const { dtype } = input;
  const count = elementCount(dims);
  const { array } = dtypes[dtype];
  if (array === 'strings') return { dtype, dims, data: Array.from({ length: count }, (_, i) => `text ${i}`) };
  if (array === BigInt64Array || array === BigUint64Array) {
    return { dtype, dims, data: new array(count).fill(value ?? 1n) };
  }
  const data = new (array as Float32ArrayConstructor)(count);
  // Bits of halves between 1 and 2; small positive numbers otherwise.
  for (let i = 0; i < count; i++)
    data[i] =
      dtype === 'float16'
        ? 0x3800 + Math.floor(random() * 1024)
        : dtype.startsWith('float')
          ? random()
          : Math.floor(random() * 2);
  return { dtype, dims, data };
}

/** Numbers in [0, 1), the same ones every time (a linear congruential generator). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
