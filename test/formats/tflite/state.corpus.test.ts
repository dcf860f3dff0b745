// Streaming models of others, written with --state-as-io: five runs, each fed the state of the one before, beside an
// interpreter that keeps it by itself.

import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import type { Diagnostic } from '../../../src/diagnostics.ts';
import { describeTflite } from '../../../src/formats/tflite/describe.ts';
import { readTfliteFile } from '../../../src/formats/tflite/file.ts';
import { interfaceOf } from '../../../src/formats/tflite/interface.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import { convert } from '../../../src/lifecycle/convert.ts';
import litert from '../../../src/runtimes/litert.ts';
import onnxruntime from '../../../src/runtimes/onnxruntime.ts';
import type { Feeds, TensorInfo } from '../../../src/runtimes/session.ts';
import { openClassic } from '../../runtimes/tflite-classic.ts';
import { corpusFolder } from './corpus.ts';
import { expectNumbers, list } from './lower-build.ts';
import { makeFeed } from './read-reference.ts';

type Start = { readonly input: string; readonly output: string; readonly start: number };

function begin({ dtype, shape }: TensorInfo, start: number): Tensor {
  const dims = (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
  const count = elementCount(dims);
  const data = dtype === 'int8' ? new Int8Array(count).fill(start) : new Float32Array(count).fill(start);
  return { dtype, dims, data };
}

/** The file's own state: in LiteRT, or in the classic interpreter where that is in variable tensors. */
async function reference(
  path: string,
  keeper: string,
): Promise<(feeds: readonly Tensor[]) => Promise<Tensor[]>> {
  if (keeper === 'classic') {
    const classic = await openClassic(await readFile(path));
    return async (feeds) => classic.run(feeds);
  }
  const session = await litert.open({ format: 'tflite', path });
  return async (feeds) => {
    const named = session.inputs.map(({ name }, index) => [name, feeds[index] as Tensor]);
    const results = await session.run(Object.fromEntries(named));
    return session.outputs.map(({ name }) => results[name] as Tensor);
  };
}

describe.skipIf(corpusFolder === undefined)('state (needs MLCTL_CORPUS)', () => {
  it.each([
    ['micro-wake-word/alexa', '11 variables kept from run to run'],
    ['tflite-micro/trained_lstm', '2 variable tensors kept from run to run'],
  ])('of %s is told', async (name, state) => {
    const path = join(corpusFolder ?? '', 'tflite', `${name}.tflite`);
    expect((await describeTflite(path)).facts).toMatchObject({ state });
  });
});

describe.skipIf(corpusFolder === undefined)('state as inputs and outputs (needs MLCTL_CORPUS)', () => {
  it.each([
    ['micro-wake-word/alexa', 'onnx', 'litert', 11],
    ['micro-wake-word/alexa', 'tflite', 'litert', 11],
    ['micro-wake-word/vad', 'onnx', 'litert', 4],
    ['tflite-micro/trained_lstm', 'onnx', 'classic', 2],
    ['tflite-micro/trained_lstm', 'tflite', 'classic', 2],
  ])('%s to %s', async (name, to, keeper, count) => {
    const path = join(corpusFolder ?? '', 'tflite', `${name}.tflite`);
    const output = join(tmpdir(), `mlctl-state-${process.pid}-${name.replace('/', '-')}.${to}`);
    const notes: Diagnostic[] = [];
    const context = quietContext({ diagnose: (note) => notes.push(note) });
    const { result } = await convert({ model: path, to: [to], output, stateAsIo: true }, context);
    expect(result.passed).toBe(true);
    const states = notes.find(({ code }) => code === 'TFLITE_STATE_AS_IO')?.args?.states as readonly Start[];
    expect(states).toHaveLength(count);

    const run = await reference(path, keeper);
    const session = await (to === 'onnx' ? onnxruntime : litert).open({ format: to, path: output });
    const { inputs = [], outputs = [] } = interfaceOf(await readTfliteFile(path)) ?? {};
    let state: Feeds = Object.fromEntries(
      states.map(({ input, start }) => {
        const info = session.inputs.find((each) => each.name === input);
        return [input, begin(info as TensorInfo, start)];
      }),
    );
    for (let step = 0; step < 5; step++) {
      const feeds = inputs.map(({ tensor }, index) => makeFeed(tensor, 31 * step + index + 1, undefined));
      const expected = await run(feeds);
      const named = Object.fromEntries(inputs.map((port, index) => [port.name, feeds[index] as Tensor]));
      const results = await session.run({ ...named, ...state });
      state = Object.fromEntries(states.map((each) => [each.input, results[each.output] as Tensor]));
      for (const [index, port] of outputs.entries())
        expectNumbers(list(results[port.name]), list(expected[index]), 1e-5);
    }
    await session.release();
    await rm(output);
  });
});
