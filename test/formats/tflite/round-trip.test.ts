// Networks of Keras written as TFLite and read back: the same numbers in LiteRT and from the graph of the file.

import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { numbers, type WeightFixture } from '../../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../../src/context.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import tflite from '../../../src/formats/tflite/index.ts';
import type { TfliteFile } from '../../../src/formats/tflite/records.ts';
import type { Model } from '../../../src/graph/model.ts';
import { storeHalf } from '../../../src/passes/quantize/store-half.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { read, runModel, temporaryPath } from '../keras/run.ts';
import { distance, runFile, write } from './write-run.ts';

const x = { dtype: 'float32', dims: [3, 5, 4], data: numbers(60, 9) } as const;

/** Numbers that float16 holds. */
const coarse = (name: string, dims: readonly number[], seed: number): WeightFixture => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { name, dims, data: numbers(count, seed).map((value) => Math.round(value * 32) / 64) };
};

/** A sequence of open batch through an LSTM that gives all of its steps. */
async function recurrent(): Promise<Model> {
  const config = { units: 4, activation: 'tanh', recurrent_activation: 'sigmoid', return_sequences: true };
  const input = { batch_input_shape: [null, 5, 4], dtype: 'float32', name: 'x' };
  return read({
    version: '2.15.0',
    config: {
      class_name: 'Sequential',
      config: {
        name: 'm',
        layers: [
          { class_name: 'InputLayer', config: input },
          { class_name: 'LSTM', config: { name: 'l', ...config } },
        ],
      },
    },
    weights: {
      l: [coarse('l/k:0', [4, 16], 1), coarse('l/r:0', [4, 16], 2), coarse('l/b:0', [16], 3)],
    },
  });
}

async function readBack(file: TfliteFile): Promise<Model> {
  const path = temporaryPath('back.tflite');
  writeFileSync(path, encodeTfliteBytes(file));
  return tflite.read(path, quietContext(), {});
}

test('a recurrent layer of open batch, which fills its result step by step, reads back', async () => {
  const model = await recurrent();
  const [wanted] = Object.values(await runModel(model, { [model.graph.inputs[0] ?? '']: x }));
  const file = await write(model);
  const back = await readBack(file);
  const session = await openGraph(back);
  const [got] = Object.values(await session.run({ [back.graph.inputs[0] ?? '']: x }));
  await session.release();
  expect(wanted && distance(wanted, got)).toBeLessThan(1e-5);
});

test('what makes a bias stands before the operator that reads it', async () => {
  const model = await recurrent();
  const feeds = { [model.graph.inputs[0] ?? '']: x };
  const [wanted] = Object.values(await runModel(model, feeds));
  storeHalf(model, () => true);
  const file = await write(model);
  for (const { tensors, inputs, operators } of file.subgraphs) {
    const ready = new Set(inputs);
    for (const [index, { data }] of tensors.entries()) if (data) ready.add(index);
    for (const operator of operators) {
      for (const input of operator.inputs)
        expect(input < 0 || ready.has(input), tensors[input]?.name).toBe(true);
      for (const output of operator.outputs) ready.add(output);
    }
  }
  expect(
    file.subgraphs.some(({ operators }) => operators.some(({ opcode }) => opcode === 'DEQUANTIZE')),
  ).toBe(true);
  const [got] = Object.values(await runFile(file, feeds));
  expect(wanted && distance(wanted, got)).toBeLessThan(1e-3);
});
