// Fourier transforms, written as products with constant waves.

import { describe, expect, test } from 'vitest';
import { preflight } from '../../../src/formats/tflite/write.ts';
import { int64, type Tensor } from '../../../src/graph/tensor.ts';
import { agrees, modelOf, numbers } from './agrees.ts';
import { context } from './write-run.ts';

const whole = (value: number): Tensor => ({ ...int64([value]), dims: [] });

describe('DFT', () => {
  test.each([
    ['of real numbers', [2, 3, 10, 1], null, -2, {}],
    ['of complex numbers along the first axis but one', [2, 9, 4, 2], null, 1, {}],
    ['of a part of the signal', [1, 3, 10, 1], 7, 2, { onesided: 1 }],
    ['of a signal with zeros behind it', [1, 5, 4, 2], 8, 1, {}],
    ['backwards', [2, 8, 2], null, 1, { inverse: 1 }],
  ] as const)('%s', async (_, dims, length, axis, attributes) => {
    const constants = [length === null ? null : whole(length), whole(axis)];
    await agrees({ opType: 'DFT', feeds: { x: numbers(...dims) }, constants, attributes });
  });
});

describe('STFT', () => {
  test.each([
    ['real, one side', [2, 90, 1], 16, true, {}],
    ['real, both sides', [1, 90, 1], 15, false, { onesided: 0 }],
    // onnxruntime 1.30 windows complex signals wrongly: none here.
    ['complex', [2, 64, 2], 16, false, { onesided: 0 }],
  ] as const)('%s', async (_, dims, length, isWindowed, attributes) => {
    const constants = [whole(5), isWindowed ? numbers(length) : null, whole(length)];
    const made = await agrees({ opType: 'STFT', feeds: { x: numbers(...dims) }, constants, attributes });
    expect(made.filter((opcode) => opcode === 'CONV_2D')).toHaveLength(1);
  });
});

test('a transform whose matrix would be too large is refused', async () => {
  const model = modelOf({
    opType: 'DFT',
    feeds: { x: numbers(1, 4000, 1) },
    constants: [null, whole(1)],
  });
  const [refused] = await preflight(model, context);
  expect(refused?.reason).toContain('32000000 elements');
});
