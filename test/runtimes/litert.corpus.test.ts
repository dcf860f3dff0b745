// Every TFLite file of the corpus: LiteRT against the classic interpreter, and files as we write them against what they
// were read from, bit by bit.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { decodeTflite } from '../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../src/formats/tflite/encode.ts';
import { dtypes } from '../../src/graph/dtype.ts';
import { elementCount, type Tensor, type TypedArray } from '../../src/graph/tensor.ts';
import litert from '../../src/runtimes/litert.ts';
import type { Feeds, Session, TensorInfo } from '../../src/runtimes/session.ts';
import { corpusFiles, corpusFolder } from '../formats/tflite/corpus.ts';
import { type Classic, openClassic } from './tflite-classic.ts';

/** What LiteRT does not run, by what it or we say. A file that runs although it is listed fails. */
const refused: readonly [RegExp, RegExp][] = [
  [/tflite-micro\/transpose_conv0/, /size of an output is only found out during the run/],
  [/max_unpooling|audio_preprocessor|nl_classifier|virtual-background/, /it has custom operators/],
  [/topk_op_runtime_k/, /only known after a run/],
  [/dtln_noise|keyword_scrambled|speech_lstm|trained_lstm/, /keep their values between runs/],
  [/person_detect/, /invalid quantization parameters/],
  [/dilated_conv/, /size of an output is only found out during the run/],
  [/deeplab_aiseg_quant513/, /resizes a quantized image of one pixel/],
  [/litert-ops\/blockwise_quantized/, /Aborted/],
];

/** Where the two differ, or nothing can be compared. */
const notCompared: readonly [RegExp, string][] = [
  [
    /dtln\/model_quant|kws_ref_model_float32/,
    'float activations are quantized on the way, each in its own way',
  ],
  [/lyragan/, 'the same, and errors stay in its state'],
  [/basic-pitch/, 'it takes logarithms of a spectrum: the last digits decide (3e-5 of 1)'],
  [/simple_squeeze/, 'squeezes an axis that a tensor without axes does not have'],
];

const slow = /matmul_quant|simple_tile_op/;

describe.skipIf(corpusFolder === undefined)('TFLite files in LiteRT (skipped without MLCTL_CORPUS)', () => {
  const files = corpusFiles().filter((name) => !slow.test(name));

  it.each(files)(
    '%s',
    async (name) => {
      const bytes = new Uint8Array(readFileSync(join(corpusFolder ?? '', name)));
      const reason = refused.find(([files]) => files.test(name))?.[1];
      if (reason !== undefined) {
        await expect(runOnce(bytes)).rejects.toThrow(reason);
        return;
      }
      const { feeds, outputs } = await runOnce(bytes);
      if (notCompared.some(([files]) => files.test(name))) return;
      const written = await runOnce(encodeTfliteBytes(decodeTflite(bytes, name)));
      // vitest takes minutes to compare millions of numbers.
      expect(isDeepStrictEqual(written.outputs, outputs)).toBe(true);
      const expected = await classic(bytes, feeds);
      for (const [index, tensor] of (expected ?? []).entries()) expectSame(outputs[index], tensor);
    },
    60_000,
  );
});

async function runOnce(bytes: Uint8Array): Promise<{ feeds: Feeds; outputs: Tensor[] }> {
  const session: Session = await litert.open({ format: 'tflite', bytes });
  try {
    const feeds = Object.fromEntries(session.inputs.map((input, index) => [input.name, feed(input, index)]));
    const results = await session.run(feeds);
    return { feeds, outputs: session.outputs.map(({ name }) => results[name] as Tensor) };
  } finally {
    await session.release();
  }
}

// Small whole numbers are indices that tables of these files have.
function feed({ dtype, shape = [] }: TensorInfo, seed: number): Tensor {
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : 1));
  const data = new (dtypes[dtype].array as Float32ArrayConstructor)(elementCount(dims));
  const isBig = (data as TypedArray) instanceof BigInt64Array;
  for (let index = 0; index < data.length; index++) {
    const value = Math.sin(index * 1.3 + seed);
    const number = dtype.startsWith('float') ? value : dtype === 'bool' ? Number(value > 0) : 1 + (index % 4);
    data[index] = isBig ? (BigInt(number) as unknown as number) : number;
  }
  return { dtype, dims, data };
}

/** undefined: the classic interpreter does not run the file. */
async function classic(bytes: Uint8Array, feeds: Feeds): Promise<Tensor[] | undefined> {
  let runner: Classic | undefined;
  try {
    runner = await openClassic(bytes);
    return runner.run(Object.values(feeds));
  } catch {
    return undefined;
  } finally {
    runner?.release();
  }
}

function expectSame(actual: Tensor | undefined, expected: Tensor): void {
  const values = actual?.data as TypedArray;
  expect(values.length).toBe(expected.data.length);
  let scale = 1;
  let difference = 0;
  for (const [index, value] of (expected.data as Float32Array).entries()) {
    scale = Math.max(scale, Math.abs(Number(value)));
    difference = Math.max(difference, Math.abs(Number(values[index]) - Number(value)));
  }
  expect(difference).toBeLessThanOrEqual(expected.dtype.startsWith('float') ? 1e-5 * scale : 0);
}
