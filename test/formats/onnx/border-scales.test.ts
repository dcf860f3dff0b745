// Scales of inputs and outputs, found behind what only moves their codes.

import { expect, it } from 'vitest';
import { borderScales } from '../../../src/formats/onnx/border-scales.ts';
import { encodeOnnxBytes } from '../../../src/formats/onnx/encode.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Model } from '../../../src/graph/model.ts';

/** Codes in and out, through a Transpose and a Reshape; `change` may add to it. */
async function scales(change: (b: GraphBuilder, moved: string) => void = () => undefined) {
  const b = new GraphBuilder('codes');
  const scale = b.number('scale', 0.5);
  const zero = b.constant('zero', { dtype: 'int8', dims: [], data: Int8Array.of(3) });
  const moved = b.add('Transpose', [b.input('x', 'int8', [2, 3])]);
  const real = b.add('DequantizeLinear', [moved, scale, zero]);
  const codes = b.add('QuantizeLinear', [b.add('Relu', [real]), scale, zero]);
  b.output('y', b.add('Reshape', [codes, b.ints('shape', [6])]), 'int8', [6]);
  change(b, moved);
  const model: Model = b.model({ name: 'test', version: '' });
  return borderScales({ bytes: await encodeOnnxBytes(model) });
}

it('are those of the Q and DQ behind Transpose and Reshape', async () => {
  expect(await scales()).toEqual(
    new Map([
      ['x', { scale: 0.5, zeroPoint: 3 }],
      ['y', { scale: 0.5, zeroPoint: 3 }],
    ]),
  );
});

it('are unknown where codes are read as something else, too', async () => {
  const found = await scales((b, moved) => b.output('raw', b.add('Cast', [moved], CAST), 'int32', [3, 2]));
  expect([...found.keys()]).toEqual(['y']);
});

it('are unknown where two readers take them for different numbers', async () => {
  const found = await scales((b, moved) =>
    b.output('other', b.add('DequantizeLinear', [moved, b.number('scale2', 2)]), 'float32', [3, 2]),
  );
  expect([...found.keys()]).toEqual(['y']);
});

const CAST = { attributes: { to: { type: 'int', value: 6 } } } as const;
