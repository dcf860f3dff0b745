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

describe('STFTSpectrogram', () => {
  const real = numbers(4 * 3, 1);
  const imag = numbers(4 * 3, 2);
  const kernels = [
    ['real_kernel', [4, 1, 3], real],
    ['imag_kernel', [4, 1, 3], imag],
  ] as const;
  const least = 1e-7;

  for (const mode of ['log', 'magnitude', 'psd', 'real', 'imag', 'stft'] as const) {
    for (const [format, expand] of [
      ['channels_last', false],
      ['channels_first', true],
      ['channels_last', true],
    ] as const) {
      it(`${mode}, ${format}${expand ? ', with an axis for the frequencies' : ''}`, async () => {
        const channels = mode === 'stft' ? 1 : 2;
        const isLast = format === 'channels_last';
        const { x, y } = await runLayer({
          className: 'STFTSpectrogram',
          version: '3.9.0',
          config: {
            mode,
            frame_length: 4,
            frame_step: 2,
            fft_length: 4,
            window: 'hann',
            padding: 'valid',
            data_format: format,
            expand_dims: expand,
          },
          input: isLast ? [9, channels] : [channels, 9],
          weights: kernels.filter(([name]) => (mode !== 'real' && mode !== 'imag') || name.startsWith(mode)),
        });
        const signal = list(x);
        const sample = (b: number, t: number, c: number) =>
          signal[isLast ? (b * 9 + t) * channels + c : (b * channels + c) * 9 + t] ?? 0;
        const times = 3;
        const value = (b: number, t: number, c: number, bin: number): number => {
          const part = (kernel: Float32Array, f: number) =>
            [0, 1, 2, 3].reduce((sum, k) => sum + sample(b, t * 2 + k, c) * (kernel[k * 3 + f] ?? 0), 0);
          if (mode === 'real') return part(real, bin);
          if (mode === 'imag') return part(imag, bin);
          if (mode === 'stft') return bin < 3 ? part(real, bin) : part(imag, bin - 3);
          const power = part(real, bin) ** 2 + part(imag, bin) ** 2;
          if (mode === 'psd') return bin === 1 ? 2 * power : power;
          const magnitude = Math.sqrt(Math.max(power, least));
          return mode === 'magnitude' ? magnitude : Math.log(Math.max(magnitude, least));
        };
        const bins = mode === 'stft' ? 6 : 3;
        const range = (count: number) => Array.from({ length: count }, (_, index) => index);
        const expected = range(2).flatMap((b) => {
          if (!isLast) {
            return range(channels).flatMap((c) =>
              range(times).flatMap((t) => range(bins).map((f) => value(b, t, c, f))),
            );
          }
          return range(times).flatMap((t) =>
            expand
              ? range(bins).flatMap((f) => range(channels).map((c) => value(b, t, c, f)))
              : range(channels).flatMap((c) => range(bins).map((f) => value(b, t, c, f))),
          );
        });
        expectClose(list(y), expected, 1e-4);
      });
    }
  }
});
