// Dense layers that only Keras 1 had.
// https://faroit.com/keras-docs/1.2.2/layers/core/ (Highway, MaxoutDense)

import { int } from '../../../graph/attribute.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';

export default {
  classNames: ['Highway', 'MaxoutDense'],
  weights(config, className) {
    const kernels = className === 'Highway' ? ['W', 'W_carry'] : ['W'];
    const biases = className === 'Highway' ? ['b', 'b_carry'] : ['b'];
    const names = config.boolean('use_bias', true) ? [...kernels, ...biases] : kernels;
    return names.map((name) => ({ name, isTrained: true }));
  },
  lower(layer) {
    const size = layer.input.shape.at(-1);
    if (layer.input.shape.length !== 2 || typeof size !== 'number') {
      return layer.fail('its input has to be (batch, features)');
    }
    return layer.className === 'Highway' ? highway(layer, size) : maxout(layer, size);
  },
} satisfies LayerFamily;

/** t * activation(x W + b) + (1 - t) * x with t = sigmoid(x W_carry + b_carry) */
function highway(layer: Layer, size: number): Value {
  const { input, config } = layer;
  config.get('transform_bias');
  const hasBias = config.boolean('use_bias', true);
  const project = (kernel: string, bias: string): Value => {
    const product = layer.add('MatMul', [input.name, layer.parameter(kernel, [size, size]).name], {
      suffix: kernel,
    });
    if (!hasBias) return { ...input, name: product };
    return {
      ...input,
      name: layer.add('Add', [product, layer.parameter(bias, [size]).name], { suffix: bias }),
    };
  };
  const gate = layer.add('Sigmoid', [project('W_carry', 'b_carry').name], { suffix: 'gate' });
  const made = layer.activate(project('W', 'b'), config.get('activation'));
  // x + t * (made - x)
  const change = layer.add('Sub', [made.name, input.name], { suffix: 'change' });
  const gated = layer.add('Mul', [gate, change], { suffix: 'gated' });
  return { ...input, name: layer.add('Add', [input.name, gated]) };
}

/** The largest of several linear layers, output by output. */
function maxout(layer: Layer, size: number): Value {
  const { input, config } = layer;
  const units = config.integer('units', undefined);
  const count = config.integer('nb_feature', 4);
  const kernel = layer.parameter('W', [count, size, units]);
  // (1, batch, size) times (count, size, units)
  const raised = layer.add('Unsqueeze', [input.name, layer.ints('first', [0])], { suffix: 'unsqueeze' });
  let name = layer.add('MatMul', [raised, kernel.name], { suffix: 'products' });
  if (config.boolean('use_bias', true)) {
    const bias = layer.parameter('b', [count, units], (tensor) => ({ ...tensor, dims: [count, 1, units] }));
    name = layer.add('Add', [name, bias.name], { suffix: 'bias_add' });
  }
  name = layer.add('ReduceMax', [name, layer.ints('first', [0])], { attributes: { keepdims: int(0) } });
  return { ...input, name, shape: [input.shape[0] ?? null, units] };
}
