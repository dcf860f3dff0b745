// https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/stft_spectrogram/
// A short-time Fourier transform of each channel, as convolutions with two kernels that are kept with the weights.

import { int } from '../../../graph/attribute.ts';
import type { Dim } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { LayerConfig } from '../config.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';
import { dataFormat, joinShape, slide, splitShape, toChannelsFirst, toChannelsLast } from '../spatial.ts';

const MODES = ['log', 'magnitude', 'psd', 'real', 'imag', 'stft', 'angle'] as const;

/** What Keras keeps powers and magnitudes above. */
const LEAST = 1e-7;

export default {
  classNames: ['STFTSpectrogram'],
  weights: (config) => partsOf(config).map((part) => ({ name: `${part}_kernel`, isTrained: true })),
  problem: (config) =>
    config.string('mode', 'log') === 'angle'
      ? 'it needs the angle of two numbers (atan2), which ONNX lacks'
      : undefined,
  lower(layer) {
    const { config, input } = layer;
    // What the kernels were made from.
    for (const key of ['window', 'scaling', 'periodic']) config.get(key);
    const format = dataFormat(config);
    const { channels, spatial } = splitShape(layer, input, 1, format);
    if (typeof channels !== 'number') return layer.fail('the number of its channels is not known');
    const frame = config.integer('frame_length', 256);
    const given = (config.get('fft_length') ?? null) !== null;
    const bins =
      Math.floor((given ? config.integer('fft_length', frame) : 2 ** Math.ceil(Math.log2(frame))) / 2) + 1;
    const isStepped = (config.get('frame_step') ?? null) !== null;
    const strides = [isStepped ? config.integer('frame_step', 1) : Math.max(Math.floor(frame / 2), 1)];
    const padding = config.word('padding', ['valid', 'same'], 'valid');
    const { attributes, output } = slide(layer, spatial, {
      kernel: [frame],
      strides,
      dilations: [1],
      padding,
    });
    const x = format === 'channels_first' ? input.name : toChannelsFirst(layer, input.name, 3);
    const parts = partsOf(config).map((part) => {
      const kernel = layer.parameter(`${part}_kernel`, [frame, 1, bins], (tensor) =>
        repeated(permute(tensor, [2, 1, 0]), channels),
      );
      return layer.add('Conv', [x, kernel.name], {
        suffix: part,
        attributes: {
          ...attributes,
          kernel_shape: int([frame]),
          strides: int(strides),
          group: int(channels),
        },
      });
    });
    const made = combine(layer, parts, channels, bins);
    return arrange(layer, made, output[0] ?? null, channels);
  },
} satisfies LayerFamily;

function modeOf(config: LayerConfig) {
  return config.word('mode', MODES, 'log');
}

function partsOf(config: LayerConfig): ('real' | 'imag')[] {
  const mode = modeOf(config);
  return mode === 'real' || mode === 'imag' ? [mode] : ['real', 'imag'];
}

/** The same filters for each channel. */
function repeated(tensor: Tensor, count: number): Tensor {
  const [bins = 1, one = 1, frame = 1] = tensor.dims;
  const dims = [bins * count, one, frame];
  const source = tensor.data as Float32Array;
  if (source.length === 0 || count === 1) return { ...tensor, dims };
  const data = new Float32Array(source.length * count);
  for (let copy = 0; copy < count; copy++) data.set(source, copy * source.length);
  return { ...tensor, dtype: 'float32', dims, data };
}

type Made = { readonly name: string; readonly bins: number };

/** (batch, channels * bins, time) */
function combine(
  layer: Layer,
  [first = '', second = '']: readonly string[],
  channels: number,
  bins: number,
): Made {
  const mode = modeOf(layer.config);
  const step = (opType: string, inputs: readonly string[], suffix: string) =>
    layer.add(opType, inputs, { suffix });
  if (mode === 'real' || mode === 'imag') return { name: first, bins };
  if (mode === 'stft') {
    if (channels > 1) layer.refuse('it puts real and imaginary parts of several channels side by side');
    const name = layer.add('Concat', [first, second], { suffix: 'both', attributes: { axis: int(1) } });
    return { name, bins: 2 * bins };
  }
  const squares = [step('Mul', [first, first], 'real_square'), step('Mul', [second, second], 'imag_square')];
  const power = step('Add', squares, 'power');
  if (mode === 'psd') {
    // All but the first and the last frequency stand for two.
    const factors = Array.from({ length: channels * bins }, (_, at) =>
      at % bins === 0 || at % bins === bins - 1 ? 1 : 2,
    );
    const weights = layer.numbers('factors', factors, [channels * bins, 1]);
    return { name: step('Mul', [power, weights], 'density'), bins };
  }
  const least = layer.number('least', LEAST);
  const magnitude = step('Sqrt', [step('Max', [power, least], 'safe_power')], 'magnitude');
  if (mode === 'magnitude') return { name: magnitude, bins };
  return { name: step('Log', [step('Max', [magnitude, least], 'safe_magnitude')], 'log'), bins };
}

function arrange(layer: Layer, { name, bins }: Made, time: Dim, channels: number): Value {
  const { config, input } = layer;
  const format = dataFormat(config);
  const batch = input.shape[0] ?? null;
  const isLast = format === 'channels_last';
  if (!config.boolean('expand_dims', false)) {
    const placed = isLast ? toChannelsLast(layer, name, 3) : name;
    return { ...input, name: placed, shape: joinShape(batch, [time], channels * bins, format) };
  }
  const parted = layer.add('Reshape', [name, layer.ints('parted', [0, channels, bins, -1])], {
    suffix: 'part',
  });
  const perm = isLast ? [0, 3, 2, 1] : [0, 1, 3, 2];
  const shape = isLast ? [batch, time, bins, channels] : [batch, channels, time, bins];
  return { ...input, name: layer.add('Transpose', [parted], { attributes: { perm: int(perm) } }), shape };
}
