// The ONNX project's operator tests through our reader and writer: what onnxruntime computes from the written file must
// be what the test expects.

import { beforeAll, describe, expect, test } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { decodeOnnx } from '../../../src/formats/onnx/decode.ts';
import { encodeOnnxBytes } from '../../../src/formats/onnx/encode.ts';
import { readOnnx } from '../../../src/formats/onnx/read.ts';
import type { Model } from '../../../src/graph/model.ts';
import { validate } from '../../../src/graph/validate.ts';
import { expectSame } from '../../graph/compare.ts';
import { type BackendCase, backendCases, backendFolder, judgeCase, loadCase } from './backend.ts';
import {
  find,
  onlyAsWritten,
  randomValues,
  readExclusions,
  runtimeExclusions,
} from './backend-exclusions.ts';

const names = backendCases();
const cases = new Map<string, BackendCase>();

describe.skipIf(backendFolder === undefined)('ONNX backend tests (needs MLCTL_CORPUS)', () => {
  beforeAll(async () => {
    for (const name of names) cases.set(name, await loadCase(name));
  });

  test('every model is the same after writing and reading again, byte for byte the second time', async () => {
    const wrong: string[] = [];
    for (const [name, { bytes, path }] of cases) {
      const model = await decodeOnnx(bytes, path);
      validate(model);
      const written = await encodeOnnxBytes(model);
      const again = await decodeOnnx(written, path);
      expectSame(again, model, name);
      if (Buffer.compare(await encodeOnnxBytes(again), written) !== 0) wrong.push(name);
    }
    expect(wrong).toEqual([]);
    expect(cases.size).toBeGreaterThan(1700);
  });

  test('written as they were read, they compute what they should', async () => {
    const wrong = await judge(
      (one) => decodeOnnx(one.bytes, one.path),
      [...runtimeExclusions, ...onlyAsWritten],
    );
    expect(wrong).toEqual([]);
  });

  test('brought to opset 21 and written, they compute what they should', async () => {
    const wrong = await judge(
      (one) => readOnnx(one.path, quietContext()),
      [...runtimeExclusions, ...readExclusions],
    );
    expect(wrong).toEqual([]);
  });
});

async function judge(
  read: (one: BackendCase) => Promise<Model>,
  exclusions: typeof runtimeExclusions,
): Promise<string[]> {
  const wrong: string[] = [];
  let judged = 0;
  for (const [name, one] of cases) {
    if (!one.allTensors) continue; // sequences and optionals cannot be passed to or from the runtime
    const excluded = find(exclusions, name);
    const problem = await judgeCase(() => read(one), one, find(randomValues, name) !== undefined);
    if (excluded === undefined) {
      judged++;
      if (problem !== undefined) wrong.push(`${name}: ${problem}`);
    } else if (problem === undefined && !excluded.mayPass) {
      wrong.push(`${name} passes, though it is excluded: ${excluded.reason}`);
    }
  }
  expect(judged).toBeGreaterThan(1300);
  return wrong;
}
