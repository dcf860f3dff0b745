// Which files belong to an ONNX model, and that a name which leads out of its folder is refused.

import { expect, test } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import onnx from '../../../src/formats/onnx/index.ts';

const fixtures = new URL('../../../fixtures/formats/onnx/', import.meta.url).pathname;
const companions = (name: string) => onnx.companions(`${fixtures}${name}`, quietContext());

test('a model of one file has none', async () => {
  expect(await companions('mlp.onnx')).toEqual([]);
});

test('weights beside the model are named', async () => {
  expect(await companions('external/inside.onnx')).toEqual(['weights.bin']);
});

test.each([
  ['parent', 'EXTERNAL_DATA_OUTSIDE'],
  ['absolute', 'EXTERNAL_DATA_OUTSIDE'],
  ['missing', 'EXTERNAL_DATA_MISSING'],
])('weights that are %s: %s', async (name, code) => {
  await expect(companions(`external/${name}.onnx`)).rejects.toMatchObject({ code });
});
