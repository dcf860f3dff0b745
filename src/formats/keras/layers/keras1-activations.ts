// Activations with weights that only Keras 1 had.
// https://faroit.com/keras-docs/1.2.2/layers/advanced-activations/ (ParametricSoftplus, SReLU)

import type { Layer, LayerFamily, Value } from '../layer.ts';

const WEIGHTS: Readonly<Record<string, readonly string[]>> = {
  ParametricSoftplus: ['alphas', 'betas'],
  SReLU: ['t_left', 'a_left', 't_right', 'a_right'],
};

export default {
  classNames: Object.keys(WEIGHTS),
  weights: (_, className) => (WEIGHTS[className] ?? []).map((name) => ({ name, isTrained: true })),
  masks: 'pass',
  lower(layer) {
    const { input, className, config } = layer;
    for (const key of [
      'alpha_init',
      'beta_init',
      't_left_init',
      'a_left_init',
      't_right_init',
      'a_right_init',
    ]) {
      config.get(key);
    }
    // Axes that share a weight have length 1.
    const shared = (config.get('shared_axes') ?? null) === null ? [] : config.list('shared_axes');
    const dims = input.shape
      .slice(1)
      .map((dim, axis) => (shared.includes(axis + 1) ? 1 : typeof dim === 'number' ? dim : null));
    const [first = '', ...others] = (WEIGHTS[className] ?? []).map(
      (slot) => layer.parameter(slot, dims).name,
    );
    return className === 'SReLU' ? sRelu(layer, [first, ...others]) : softplus(layer, first, others[0] ?? '');
  },
} satisfies LayerFamily;

/** alpha * log(1 + exp(beta * x)) */
function softplus(layer: Layer, alpha: string, beta: string): Value {
  const scaled = layer.add('Mul', [layer.input.name, beta], { suffix: 'scaled' });
  const bent = layer.add('Softplus', [scaled], { suffix: 'softplus' });
  return { ...layer.input, name: layer.add('Mul', [bent, alpha]) };
}

/** Three lines: slope a_left below t_left, 1 up to t_left + |t_right|, a_right above. */
function sRelu(
  layer: Layer,
  [left = '', leftSlope = '', span = '', rightSlope = '']: readonly string[],
): Value {
  const { input } = layer;
  const add = (opType: string, inputs: readonly string[], suffix: string) =>
    layer.add(opType, inputs, { suffix });
  const right = add('Add', [left, add('Abs', [span], 'span')], 'right');
  const middle = add('Min', [add('Max', [input.name, left], 'above_left'), right], 'middle');
  const below = add(
    'Min',
    [add('Sub', [input.name, left], 'left_distance'), layer.number('zero', 0)],
    'below',
  );
  const above = add('Relu', [add('Sub', [input.name, right], 'right_distance')], 'above');
  const bottom = add('Mul', [below, leftSlope], 'bottom');
  const top = add('Mul', [above, rightSlope], 'top');
  return { ...input, name: layer.add('Add', [add('Add', [middle, bottom], 'lower'), top]) };
}
