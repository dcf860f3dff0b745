import { describe, expect, it } from 'vitest';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import { expectClose, list, runLayer } from './run.ts';

describe('SpectralNormalization', () => {
  for (const version of ['2.15.0', '3.5.0']) {
    it(`is the layer inside, whose kernel training has normalised (Keras ${version})`, async () => {
      const kernel = numbers(6, 1);
      const bias = numbers(2, 2);
      const inside = { class_name: 'Dense', config: { name: 'dense', units: 2, activation: 'relu' } };
      const { x, y, model } = await runLayer({
        className: 'SpectralNormalization',
        version,
        config: { layer: inside, power_iterations: 2 },
        input: [3],
        weights: [
          ['kernel', [3, 2], kernel],
          ['bias', [2], bias],
          ['vector_u', [1, 2]],
        ],
      });
      const values = list(x);
      const expected = [0, 1].flatMap((row) =>
        [0, 1].map((unit) => {
          const sum = [0, 1, 2].reduce(
            (total, k) => total + (values[row * 3 + k] ?? 0) * (kernel[k * 2 + unit] ?? 0),
            bias[unit] ?? 0,
          );
          return Math.max(sum, 0);
        }),
      );
      expectClose(list(y), expected);
      expect(model.graph.initializers.size).toBe(2);
    });
  }
});
