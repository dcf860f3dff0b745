// What a file says besides its layers: dtype policies, options nobody knows, and layers that cannot be converted.

import { describe, expect, it } from 'vitest';
import { numbers, type WeightFixture } from '../../../fixtures/formats/keras/make.ts';
import keras from '../../../src/formats/keras/index.ts';
import {
  biasA,
  biasB,
  bothWeights,
  dense,
  expected,
  feed,
  kernelA,
  kernelB,
  output,
  relu,
} from './architecture.ts';
import { expectClose, listeningContext, read, refusal, runModel, write } from './run.ts';

describe('dtypes', () => {
  const policies = (dtype: unknown) => ({
    class_name: 'Sequential',
    config: {
      name: 's',
      layers: [
        { class_name: 'InputLayer', config: { batch_input_shape: [null, 3], dtype: 'float32', name: 'x' } },
        { class_name: 'Dense', config: { name: 'a', units: 2, activation: 'relu', dtype } },
        { class_name: 'Dense', config: { name: 'b', units: 1, dtype } },
      ],
    },
  });

  it('float64 layers compute in float64', async () => {
    const wide = (list: readonly WeightFixture[]) =>
      list.map((weight) => ({ ...weight, data: Float64Array.from(weight.data) }));
    const weights = { a: wide(bothWeights.a), b: wide(bothWeights.b) };
    const { model: read, values } = await output(
      { version: '2.4.0', config: policies('float64'), weights },
      { x: feed },
    );
    expect(read.graph.types.get('b')).toMatchObject({ dtype: 'float64' });
    expectClose(values.b ?? [], expected, 1e-12);
  });

  it('float64 weights of a float32 layer are rounded, mixed policies compute in float32', async () => {
    const wide = bothWeights.a.map((weight) => ({ ...weight, data: Float64Array.from(weight.data) }));
    const mixed = { class_name: 'Policy', config: { name: 'mixed_float16' } };
    for (const dtype of ['float32', mixed, undefined]) {
      const { model: read, values } = await output(
        { version: '2.4.0', config: policies(dtype), weights: { a: wide, b: bothWeights.b } },
        { x: feed },
      );
      expect(read.graph.types.get('b')).toMatchObject({ dtype: 'float32' });
      expectClose(values.b ?? [], expected);
    }
  });

  it('float16 layers compute in float16', async () => {
    const model = await read({ version: '2.4.0', config: policies('float16'), weights: bothWeights });
    expect(model.graph.types.get('b')).toMatchObject({ dtype: 'float16' });
    const { b } = await runModel(model, { x: feed });
    const bits = (b?.data as Uint16Array | undefined)?.[0] ?? 0;
    const value = (bits & 0x8000 ? -1 : 1) * 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024);
    expect(Math.abs(value - (expected[0] ?? 0))).toBeLessThan(5e-3);
  });

  it('integers given to a layer that multiplies are cast', async () => {
    const config = policies('float32');
    Object.assign(config.config.layers[0]?.config ?? {}, { dtype: 'uint8' });
    const { values } = await output(
      { version: '2.4.0', config, weights: bothWeights },
      { x: { dtype: 'uint8', dims: [1, 3], data: Uint8Array.of(1, 2, 3) } },
    );
    expectClose(values.b ?? [], dense(relu(dense([1, 2, 3], kernelA, biasA)), kernelB, biasB));
  });
});

describe('options', () => {
  it('nobody knows are noted unless they are empty', async () => {
    const config = {
      class_name: 'Sequential',
      config: [
        {
          class_name: 'Dense',
          config: {
            name: 'a',
            units: 1,
            batch_input_shape: [null, 1],
            use_bias: false,
            lora_rank: null,
            tags: [],
            sharpness: 3,
          },
        },
      ],
    };
    const path = await write({
      version: '2.2.0',
      config,
      weights: { a: [{ name: 'k', dims: [1, 1], data: numbers(1) }] },
    });
    const { context, diagnostics } = listeningContext();
    await keras.read(path, context);
    expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'KERAS_OPTION_IGNORED: layer a has options this version does not know, taken as having no effect: sharpness = 3',
    ]);
  });

  it('Keras 1 under Theano is recognised by its weight names, and said', async () => {
    const config = {
      class_name: 'Sequential',
      config: [
        {
          class_name: 'Convolution2D',
          config: {
            name: 'c',
            nb_filter: 1,
            nb_row: 1,
            nb_col: 2,
            dim_ordering: 'th',
            bias: false,
            batch_input_shape: [null, 1, 1, 2],
          },
        },
      ],
    };
    const path = await write({
      version: '1.2.2',
      config,
      weights: { c: [{ name: 'c_W', dims: [1, 1, 1, 2], data: Float32Array.of(1, 10) }] },
    });
    const { context, diagnostics } = listeningContext();
    const read = await keras.read(path, context);
    expect(diagnostics.map(({ code }) => code)).toEqual(['KERAS_BACKEND_ASSUMED']);
    const { c } = await runModel(read, {
      c_input: { dtype: 'float32', dims: [1, 1, 1, 2], data: Float32Array.of(2, 3) },
    });
    // Turned: 2 * 10 + 3 * 1.
    expectClose(c?.data as Float32Array, [23]);
  });
});

describe('what cannot be converted', () => {
  it('is reported all at once, with reasons', async () => {
    const wrapped = { class_name: 'Lambda', config: { name: 'hidden' } };
    const config = {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          { class_name: 'TorchModuleWrapper', config: { name: 'l1', batch_input_shape: [null, 5, 2] } },
          { class_name: 'TorchModuleWrapper', config: { name: 'l2' } },
          { class_name: 'Lambda', config: { name: 'code', function: ['4wEA', null, null] } },
          { class_name: 'MyLayer', config: { name: 'mine' } },
          { class_name: 'Custom>Thing', config: { name: 'thing' } },
          {
            class_name: 'Dense',
            module: 'evil.module',
            registered_name: 'Dense',
            config: { name: 'd', units: 1 },
          },
          { class_name: 'TimeDistributed', config: { name: 'td', layer: wrapped } },
          { class_name: 'TFOpLambda', config: { name: 'tf.image.resize', function: 'image.resize' } },
          { class_name: 'UpSampling2D', config: { name: 'u', interpolation: 'lanczos3' } },
        ],
      },
    };
    const { code, message, details } = await refusal({ version: '2.4.0', config });
    expect(code).toBe('OP_UNSUPPORTED');
    expect(message).toBe('9 layers of FILE cannot be converted');
    expect(details).toEqual([
      'TorchModuleWrapper x2 (l1, l2): it holds PyTorch code, pickled, never run',
      'Lambda x2 (code, td/hidden): Python code, never run',
      "MyLayer x1 (mine): not a Keras class: the author's own code",
      "Custom>Thing x1 (thing): a class of the author's own code (Custom>Thing)",
      "Dense x1 (d): a class of the author's own code (evil.module)",
      'TFOpLambda x1 (tf.image.resize): the operator tf.image.resize called on a tensor is not supported yet',
      'UpSampling2D x1 (u): interpolation lanczos3 is a filter that Resize of ONNX does not have',
    ]);
  });

  it('includes sparse and ragged inputs, and quantized weights', async () => {
    const of = async (input: object, dtype: unknown) => {
      const layers = [
        {
          class_name: 'InputLayer',
          config: { name: 'x', batch_shape: [null, 2], dtype: 'float32', ...input },
        },
        { class_name: 'Dense', config: { name: 'd', units: 1, dtype } },
      ];
      return (
        await refusal({
          version: '3.5.0',
          config: { class_name: 'Sequential', config: { name: 's', layers } },
        })
      ).details;
    };
    const policy = {
      module: 'keras',
      class_name: 'QuantizedDTypePolicy',
      config: { name: 'int8_from_float32' },
    };
    expect(await of({ sparse: true }, 'float32')).toEqual(['InputLayer x1 (x): it takes sparse tensors']);
    expect(await of({ ragged: true }, policy)).toEqual([
      'InputLayer x1 (x): it takes ragged tensors',
      'Dense x1 (d): its weights are quantized (int8_from_float32), not supported yet',
    ]);
  });

  it('a model class of somebody’s own is named', async () => {
    const { code, message } = await refusal({
      version: '2.4.0',
      config: { class_name: 'MyModel', config: {} },
    });
    expect(code).toBe('OP_UNSUPPORTED');
    expect(message).toBe("FILE is a MyModel, a model class of the author's own code");
  });
});
