// Networks of people we have never seen: random Keras models as TFLite files in LiteRT, as real numbers and as whole ones.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNetwork } from '../../../fixtures/formats/keras/random/files.ts';
import { families } from '../../../fixtures/formats/keras/random/index.ts';
import { quietContext } from '../../../src/context.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { convert } from '../../../src/lifecycle/convert.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlctl-networks-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Written = { readonly cosine: number; readonly operators: readonly string[] };

/** Converts as the command does, which compares the file in LiteRT with the model in onnxruntime. */
async function write(model: string, data: string, dtype: string, ioDtype?: string): Promise<Written> {
  const output = `${model}.${dtype}.tflite`;
  const isOnCodes = dtype.startsWith('int');
  const options = { ...(isOnCodes && { calibration: data }), ...(ioDtype && { ioDtype }) };
  const { result } = await convert(
    { model, to: ['tflite'], output, dtype, ...options },
    quietContext({ cwd: folder }),
  );
  const [{ state, parity = null } = {}] = result.artifacts;
  expect([state, parity?.outputs]).toEqual(['written', parity?.outputs]);
  const { subgraphs } = decodeTflite(readFileSync(join(folder, output)), output);
  const operators = subgraphs.flatMap(({ tensors, operators }) =>
    operators.map(({ opcode, inputs, outputs }) => {
      const isReal = [...inputs, ...outputs].some((index) => tensors[index]?.type === 'float32');
      return isReal ? `${opcode} of float32` : opcode;
    }),
  );
  return { cosine: parity?.cosine ?? 0, operators };
}

/** Without kernels on whole numbers: x / (1 + |x|) of Softsign, ReLU from a threshold on, and what Discretization counts. */
const real = ['DIV', 'GREATER_EQUAL'];
/** Layers that are computed in float32 still: steps of recurrent ones, three axes, LayerNormalization, unit vectors, counts. */
const partlyReal = new Set(
  ['conv3d convlstm multi preprocess rnn shapes siamese text timedist transformer vit'].flatMap((line) =>
    line.split(' '),
  ),
);

describe('random Keras networks as TFLite', () => {
  it.each(
    Object.keys(families).flatMap((family, at) => [
      [family, 2 * at],
      [family, 2 * at + 1],
    ]) as [string, number][],
  )('%s %i', async (family, seed) => {
    const { model, data } = await writeNetwork(folder, family, seed);
    await write(model, data, 'float32');
    const whole = await write(model, data, 'int8', 'int8');
    expect(whole.cosine).toBeGreaterThan(0.98);
    if (seed % 2 === 0) expect((await write(model, data, 'int16x8')).cosine).toBeGreaterThan(0.999);
    else await write(model, data, 'dynamic-int8');
    if (partlyReal.has(family)) return;
    const allowed = real.map((opcode) => `${opcode} of float32`);
    const left = whole.operators.filter((each) => each.endsWith('float32') && !/^(DE)?QUANTIZE/.test(each));
    expect(left.filter((each) => !allowed.includes(each))).toEqual([]);
  });
});
