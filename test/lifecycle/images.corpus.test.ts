// Real image models on real JPEG files (CORPUS.md, datasets/cifar10-jpeg): the figures stated there.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { evaluate } from '../../src/lifecycle/evaluate.ts';

const corpus = process.env.MLCTL_CORPUS ?? '';
const reason = 'MLCTL_CORPUS is not set: the corpus is not part of the repository';

describe.skipIf(corpus === '')(corpus === '' ? reason : 'CIFAR-10 as JPEG files', () => {
  const data = join(corpus, 'datasets/cifar10-jpeg');

  it.each([
    ['keras-h5/mlperf-tiny/pretrainedResnet.h5', {}, 0.751],
    ['tflite/mlperf-tiny/pretrainedResnet.tflite', {}, 0.751],
    // No figure is stated for the quantized one: what LiteRT gives, within half a point of the float one.
    ['tflite/mlperf-tiny/pretrainedResnet_quant.tflite', {}, 0.752],
    ['keras-h5/cifar-cnn/keras_cifar10_trained_model.h5', { scale: 1 / 255 }, 0.683],
  ])(
    '%s',
    async (model, options, accuracy) => {
      const result = await evaluate({ model: join(corpus, model), data, ...options }, quietContext());
      expect(result).toMatchObject({ rows: 1000, target: ['folder'], metrics: { accuracy } });
      expect(result.labels?.slice(0, 3)).toEqual(['airplane', 'automobile', 'bird']);
    },
    60_000,
  );
});
