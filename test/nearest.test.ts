// "Did you mean" suggests near words and stays silent about far ones.

import { expect, it } from 'vitest';
import { nearest } from '../src/nearest.ts';

it.each([
  ['acuracy', ['accuracy', 'recall'], 'accuracy'],
  ['tfilte', ['tflite', 'tfjs'], 'tflite'],
  ['f1', ['f1', 'r2'], 'f1'],
  ['ot', ['to', 'from'], 'to'],
  ['xyz', ['accuracy', 'recall'], undefined],
  ['mae', ['mse', 'rmse', 'r2'], 'mse'],
  ['q', ['accuracy'], undefined],
])('%s among %j is %s', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});
