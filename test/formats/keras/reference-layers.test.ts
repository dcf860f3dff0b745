// The reader against tfjs on small models made here, one for each option of a layer that real files seldom use.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type KerasContainer, writeContainer } from '../../../fixtures/demo/keras-h5.ts';
import { random } from '../../../fixtures/demo/random.ts';
import { quietContext } from '../../../src/context.ts';
import keras from '../../../src/formats/keras/index.ts';
import { compareWithTfjs } from './reference.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlctl-reference-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Config = Readonly<Record<string, unknown>>;
type Layer = readonly [className: string, config: Config, ...weights: (readonly number[])[]];
type Case = { readonly layers: readonly Layer[]; readonly input: readonly (number | null)[] };

const image = [9, 8, 4] as const;
const channelsFirst = { data_format: 'channels_first' };
const conv = (config: Config) => ({ filters: 6, kernel_size: [3, 3], ...config });

/** By what each shows. `input` leaves the batch out. */
const cases: Readonly<Record<string, Case>> = {
  'Dense on three axes, no bias': one([5, 4], 'Dense', { units: 3, use_bias: false }, [4, 3]),
  'Conv2D same, strides': one(image, 'Conv2D', conv({ padding: 'same', strides: [2, 3] }), [3, 3, 4, 6], [6]),
  'Conv2D dilated': one(
    image,
    'Conv2D',
    conv({ dilation_rate: [2, 2], activation: 'relu' }),
    [3, 3, 4, 6],
    [6],
  ),
  'Conv2D same, dilated': one(
    image,
    'Conv2D',
    conv({ dilation_rate: [2, 1], padding: 'same' }),
    [3, 3, 4, 6],
    [6],
  ),
  'Conv2D even kernel, same': one(
    image,
    'Conv2D',
    conv({ kernel_size: [2, 4], padding: 'same' }),
    [2, 4, 4, 6],
    [6],
  ),
  'Conv2D groups': one(image, 'Conv2D', conv({ groups: 2 }), [3, 3, 2, 6], [6]),
  'Conv2D channels first': one([4, 9, 8], 'Conv2D', conv({ ...channelsFirst }), [3, 3, 4, 6], [6]),
  'Conv1D causal, dilated': one(
    [11, 4],
    'Conv1D',
    { filters: 5, kernel_size: [3], padding: 'causal', dilation_rate: [2], activation: 'tanh' },
    [3, 4, 5],
    [5],
  ),
  'Conv1D causal, strides': one(
    [11, 4],
    'Conv1D',
    { filters: 5, kernel_size: [3], padding: 'causal', strides: [2] },
    [3, 4, 5],
    [5],
  ),
  'Conv1D same, strides': one(
    [11, 4],
    'Conv1D',
    { filters: 5, kernel_size: [4], padding: 'same', strides: [3] },
    [4, 4, 5],
    [5],
  ),
  'DepthwiseConv2D multiplier, same': one(
    image,
    'DepthwiseConv2D',
    { kernel_size: [3, 3], depth_multiplier: 2, padding: 'same', strides: [2, 2] },
    [3, 3, 4, 2],
    [8],
  ),
  SeparableConv2D: one(
    image,
    'SeparableConv2D',
    { filters: 5, kernel_size: [3, 3], depth_multiplier: 2, activation: 'relu' },
    [3, 3, 4, 2],
    [1, 1, 8, 5],
    [5],
  ),
  'SeparableConv1D same': one(
    [11, 4],
    'SeparableConv1D',
    { filters: 5, kernel_size: [3], padding: 'same', strides: [2] },
    [3, 4, 1],
    [1, 4, 5],
    [5],
  ),
  'Conv2DTranspose same': one(
    image,
    'Conv2DTranspose',
    conv({ padding: 'same', strides: [2, 2] }),
    [3, 3, 6, 4],
    [6],
  ),
  'Conv2DTranspose valid': one(
    image,
    'Conv2DTranspose',
    conv({ padding: 'valid', strides: [3, 2], kernel_size: [2, 5] }),
    [2, 5, 6, 4],
    [6],
  ),
  'MaxPooling2D same': one(image, 'MaxPooling2D', { pool_size: [3, 2], strides: [2, 2], padding: 'same' }),
  'AveragePooling2D same leaves padding out': one(image, 'AveragePooling2D', {
    pool_size: [3, 3],
    strides: [2, 2],
    padding: 'same',
  }),
  'MaxPooling2D channels first': one([4, 9, 8], 'MaxPooling2D', { pool_size: [2, 2], ...channelsFirst }),
  MaxPooling1D: one([11, 4], 'MaxPooling1D', { pool_size: [3], strides: [2], padding: 'same' }),
  AveragePooling1D: one([11, 4], 'AveragePooling1D', { pool_size: 3, strides: 2, padding: 'valid' }),
  'GlobalAveragePooling2D keepdims': one(image, 'GlobalAveragePooling2D', { keepdims: true }),
  'GlobalMaxPooling2D channels first': one([4, 9, 8], 'GlobalMaxPooling2D', channelsFirst),
  GlobalAveragePooling1D: one([11, 4], 'GlobalAveragePooling1D', {}),
  GlobalMaxPooling1D: one([11, 4], 'GlobalMaxPooling1D', {}),
  BatchNormalization: one(image, 'BatchNormalization', { axis: [3], epsilon: 0.01 }, [4], [4], [4], [-4]),
  'BatchNormalization on axis 1, no scale': one(
    image,
    'BatchNormalization',
    { axis: 1, epsilon: 0.001, scale: false },
    [9],
    [9],
    [-9],
  ),
  'BatchNormalization of rows, no center': one(
    [7],
    'BatchNormalization',
    { axis: -1, epsilon: 0.001, center: false },
    [7],
    [7],
    [-7],
  ),
  ZeroPadding2D: one(image, 'ZeroPadding2D', {
    padding: [
      [1, 0],
      [2, 3],
    ],
  }),
  ZeroPadding1D: one([6, 3], 'ZeroPadding1D', { padding: [1, 2] }),
  Cropping2D: one(image, 'Cropping2D', {
    cropping: [
      [1, 2],
      [0, 3],
    ],
  }),
  Cropping1D: one([9, 3], 'Cropping1D', { cropping: [2, 1] }),
  UpSampling1D: one([4, 3], 'UpSampling1D', { size: 3 }),
  'UpSampling2D nearest': one(image, 'UpSampling2D', { size: [2, 3], interpolation: 'nearest' }),
  'UpSampling2D bilinear': one(image, 'UpSampling2D', { size: [2, 3], interpolation: 'bilinear' }),
  'Flatten channels first': one([4, 3, 2], 'Flatten', channelsFirst),
  'Reshape with -1': one(image, 'Reshape', { target_shape: [-1, 6] }),
  Permute: one(image, 'Permute', { dims: [3, 1, 2] }),
  'ReLU with all options': one([50], 'ReLU', { max_value: 0.6, negative_slope: 0.1, threshold: 0.2 }),
  ReLU6: one([50], 'ReLU', { max_value: 6 }),
  LeakyReLU: one([50], 'LeakyReLU', { alpha: 0.1 }),
  'ELU alpha': one([50], 'ELU', { alpha: 0.5 }),
  'PReLU shared': one(image, 'PReLU', { shared_axes: [1, 2] }, [1, 1, 4]),
  PReLU: one(image, 'PReLU', { shared_axes: null }, [9, 8, 4]),
  'Softmax on axis 1': one([5, 4], 'Softmax', { axis: 1 }),
  ...Object.fromEntries(
    (
      'linear relu sigmoid tanh softmax softplus softsign elu selu hard_sigmoid exponential swish gelu ' +
      'relu6 silu mish leaky_relu log_softmax'
    )
      .split(' ')
      .map((activation) => [`Activation ${activation}`, one([40], 'Activation', { activation })]),
  ),
};

describe('layers', () => {
  it.each(Object.entries(cases))('%s', async (name, { layers, input }) => {
    const path = await write(name, sequential(layers, input));
    const { relative, outputs } = await compareWithTfjs(path, await keras.read(path, quietContext()));
    expect(relative, JSON.stringify(outputs)).toBeLessThanOrEqual(1e-5);
    expect(outputs[0]?.scale).toBeGreaterThan(0);
  });
});

const merges: Readonly<Record<string, readonly [Config, readonly number[], readonly number[]]>> = {
  Add: [{}, [4, 3], [4, 3]],
  Subtract: [{}, [4, 3], [4, 3]],
  Multiply: [{}, [4, 3], [4, 3]],
  Average: [{}, [4, 3], [4, 3]],
  Maximum: [{}, [4, 3], [4, 3]],
  Minimum: [{}, [4, 3], [4, 3]],
  'Concatenate last': [{ axis: -1 }, [4, 3], [4, 2]],
  'Concatenate first': [{ axis: 1 }, [4, 3], [2, 3]],
  'Dot of rows': [{ axes: -1 }, [5], [5]],
  'Dot of matrices': [{ axes: [2, 1] }, [4, 3], [3, 2]],
  'Dot normalized': [{ axes: [1, 1], normalize: true }, [4, 3], [4, 2]],
};

describe('layers of two inputs', () => {
  it.each(Object.entries(merges))('%s', async (name, [config, left, right]) => {
    for (const major of [2, 3]) {
      const [className = ''] = name.split(' ');
      const path = await write(`${name} ${major}`, merge(major, className, config, left, right));
      const { relative, outputs } = await compareWithTfjs(path, await keras.read(path, quietContext()));
      expect(relative, JSON.stringify(outputs)).toBeLessThanOrEqual(1e-5);
    }
  });
});

describe('models in models', () => {
  // [version, class of the inner model, number of its first call]
  it.each([
    ['2.11.0', 'Functional', 1],
    ['2.11.0', 'Sequential', 1],
    ['3.5.0', 'Functional', 1],
    ['3.5.0', 'Sequential', 0],
  ] as const)('Keras %s, %s inside, called twice', async (kerasVersion, className, first) => {
    const path = await write(`nested ${kerasVersion} ${className}`, nested(kerasVersion, className, first));
    const { relative, outputs } = await compareWithTfjs(path, await keras.read(path, quietContext()));
    expect(relative, JSON.stringify(outputs)).toBeLessThanOrEqual(1e-5);
  });
});

/** b = inner(inner(a)), where inner is a Dense layer and a frozen BatchNormalization between two Dense layers. */
function nested(kerasVersion: string, className: string, first: number): KerasContainer {
  const isThree = kerasVersion.startsWith('3');
  const shape = { [isThree ? 'batch_shape' : 'batch_input_shape']: [null, 4], dtype: 'float32' };
  const call = (name: string, index: number) => {
    const config = { shape: [null, 4], dtype: 'float32', keras_history: [name, index, 0] };
    return isThree
      ? { args: [{ class_name: '__keras_tensor__', config }], kwargs: {} }
      : [[name, index, 0, {}]];
  };
  const layer = (class_name: string, name: string, config: Config, ...calls: unknown[]) => ({
    class_name,
    name,
    config: { name, ...config },
    inbound_nodes: calls,
  });
  const layers = [
    layer('InputLayer', 'x', shape),
    layer('Dense', 'one', { units: 4, activation: 'tanh' }, call('x', 0)),
    layer('BatchNormalization', 'norm', { axis: [1], epsilon: 0.001, trainable: false }, call('one', 0)),
    layer('Dense', 'two', { units: 4, use_bias: false }, call('norm', 0)),
  ];
  const inner = {
    class_name: className,
    name: 'inner',
    config: {
      name: 'inner',
      layers,
      ...(className === 'Sequential' ? {} : { input_layers: [['x', 0, 0]], output_layers: [['two', 0, 0]] }),
    },
    inbound_nodes: [call('a', 0), call('inner', first)],
  };
  return {
    kerasVersion,
    backend: 'tensorflow',
    architecture: {
      class_name: 'Functional',
      config: {
        name: 'outer',
        layers: [layer('InputLayer', 'a', shape), inner],
        input_layers: [['a', 0, 0]],
        output_layers: [['inner', first + 1, 0]],
      },
    },
    // Trainable weights first, then those of the frozen layer.
    layers: [
      {
        name: 'inner',
        weights: seeded([[4, 4], [4], [4, 4], [4], [4], [4], [-4]]).map((weight, at) => ({
          ...weight,
          name: nestedNames[at] ?? weight.name,
        })),
      },
    ],
  };
}

const nestedNames = [
  'one/kernel:0',
  'one/bias:0',
  'two/kernel:0',
  'norm/gamma:0',
  'norm/beta:0',
  'norm/moving_mean:0',
  'norm/moving_variance:0',
];

function one(input: readonly number[], className: string, config: Config, ...weights: number[][]): Case {
  return { input, layers: [[className, config, ...weights]] };
}

function sequential(layers: readonly Layer[], input: readonly (number | null)[]): KerasContainer {
  const named = layers.map(([className, config], at) => {
    const first = at === 0 ? { batch_input_shape: [null, ...input] } : {};
    return { class_name: className, config: { name: `layer_${at}`, dtype: 'float32', ...first, ...config } };
  });
  return {
    kerasVersion: '2.11.0',
    backend: 'tensorflow',
    architecture: { class_name: 'Sequential', config: { name: 'model', layers: named } },
    layers: layers.map(([, , ...weights], at) => ({ name: `layer_${at}`, weights: seeded(weights) })),
  };
}

function merge(
  major: number,
  className: string,
  config: Config,
  left: readonly number[],
  right: readonly number[],
): KerasContainer {
  const shapeKey = major === 3 ? 'batch_shape' : 'batch_input_shape';
  const input = (name: string, shape: readonly number[]) => ({
    class_name: 'InputLayer',
    name,
    config: { name, dtype: 'float32', [shapeKey]: [null, ...shape] },
    inbound_nodes: [],
  });
  const tensor = (name: string) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, 1], dtype: 'float32', keras_history: [name, 0, 0] },
  });
  const inbound =
    major === 3
      ? [{ args: [[tensor('a'), tensor('b')]], kwargs: {} }]
      : [
          [
            ['a', 0, 0, {}],
            ['b', 0, 0, {}],
          ],
        ];
  return {
    kerasVersion: major === 3 ? '3.5.0' : '2.11.0',
    backend: 'tensorflow',
    architecture: {
      class_name: 'Functional',
      config: {
        name: 'model',
        layers: [
          input('a', left),
          input('b', right),
          {
            class_name: className,
            name: 'merge',
            config: { name: 'merge', ...config },
            inbound_nodes: inbound,
          },
        ],
        input_layers: [
          ['a', 0, 0],
          ['b', 0, 0],
        ],
        output_layers: major === 3 ? ['merge', 0, 0] : [['merge', 0, 0]],
      },
    },
    layers: [],
  };
}

/** Small numbers of both signs; a variance, marked by a negative length, is positive. */
function seeded(dims: readonly (readonly number[])[]) {
  const source = random(dims.length);
  return dims.map((shape, at) => {
    const size = shape.reduce((product, dim) => product * Math.abs(dim), 1);
    const isPositive = shape.some((dim) => dim < 0);
    return {
      name: `weight_${at}`,
      dims: shape.map(Math.abs),
      data: Float32Array.from({ length: size }, () =>
        isPositive ? 0.5 + source.uniform() : source.uniform() - 0.5,
      ),
    };
  });
}

async function write(name: string, container: KerasContainer): Promise<string> {
  const path = join(folder, `${name.replace(/\W+/g, '-')}.h5`);
  await writeContainer(path, container);
  return path;
}
