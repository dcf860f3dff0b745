// https://keras.io/api/layers/attention_layers/attention/ and …/additive_attention/
// Called with [query, value] or [query, value, key], each (batch, steps, features).

import { int } from '../../../graph/attribute.ts';
import { asBoolean, checkSteps, maskOf, weigh } from '../attention.ts';
import type { Layer, LayerFamily, Value, WeightSlot } from '../layer.ts';

export default {
  classNames: ['Attention', 'AdditiveAttention'],
  masks: 'own',
  keywords: ['mask', 'use_causal_mask', 'return_attention_scores'],
  weights(config, className) {
    const isDot = className === 'Attention';
    const slots: WeightSlot[] = [];
    if (config.boolean('use_scale', !isDot)) slots.push({ name: 'scale', isTrained: true });
    const isConcat = isDot && config.string('score_mode', 'dot') === 'concat';
    if (isConcat) slots.push({ name: 'concat_score_weight', isTrained: true });
    return slots;
  },
  problem(config) {
    const mode = config.string('score_mode', 'dot');
    return mode === 'dot' || mode === 'concat' ? undefined : `score_mode ${mode} is not known`;
  },
  lower(layer) {
    const { config, inputs } = layer;
    for (const key of ['dropout', 'seed']) config.get(key);
    const [query, value, key = value] = inputs;
    if (query === undefined || value === undefined || key === undefined || inputs.length > 3) {
      return layer.fail(`it is called with ${inputs.length} tensors and takes two or three`);
    }
    for (const { shape } of inputs) {
      if (shape.length !== 3) layer.fail(`an input has ${shape.length} axes where 3 are expected`);
    }
    checkSteps(layer, key.shape[1], value.shape[1]);
    const [queryMask = maskOf(query), valueMask = maskOf(value)] = layer.keyword('mask');
    const isCausal = config.boolean('causal', false) || layer.option('use_causal_mask') === true;
    const weights = weigh(layer, scores(layer, query, key), {
      given: valueMask ? [raise(layer, valueMask, 1, 'value_mask')] : [],
      isCausal,
    });
    const attended = layer.add('MatMul', [weights.name, value.name]);
    const shape = [query.shape[0] ?? null, query.shape[1] ?? null, value.shape[2] ?? null];
    // The result is masked as the query was.
    const result = { ...query, name: attended, shape };
    const masked = queryMask ? hideQueries(layer, result, queryMask) : result;
    return layer.option('return_attention_scores') === true ? [masked, weights] : masked;
  },
} satisfies LayerFamily;

/** (batch, query steps, key steps) */
function scores(layer: Layer, query: Value, key: Value): Value {
  const { config, className } = layer;
  const shape = [query.shape[0] ?? null, query.shape[1] ?? null, key.shape[1] ?? null];
  const isAdditive = className === 'AdditiveAttention';
  const isScaled = config.boolean('use_scale', isAdditive);
  if (!isAdditive && config.string('score_mode', 'dot') === 'dot') {
    const turned = layer.add('Transpose', [key.name], {
      suffix: 'key_transpose',
      attributes: { perm: int([0, 2, 1]) },
    });
    const products = layer.add('MatMul', [query.name, turned], { suffix: 'scores' });
    const name = isScaled
      ? layer.add('Mul', [products, layer.parameter('scale', []).name], { suffix: 'scale_mul' })
      : products;
    return { ...query, name, shape };
  }
  const rows = raise(layer, query, 2, 'query');
  const columns = raise(layer, key, 1, 'key');
  const size = query.shape[2];
  let sum = layer.add('Add', [rows.name, columns.name], { suffix: 'sum' });
  if (isScaled && !isAdditive) {
    sum = layer.add('Mul', [sum, layer.parameter('scale', []).name], { suffix: 'scale_mul' });
  }
  let bent = layer.add('Tanh', [sum], { suffix: 'tanh' });
  if (isScaled && isAdditive) {
    const scale = layer.parameter('scale', [typeof size === 'number' ? size : null]);
    bent = layer.add('Mul', [bent, scale.name], { suffix: 'scale_mul' });
  }
  let name = layer.add('ReduceSum', [bent, layer.ints('last', [-1])], {
    suffix: 'scores',
    attributes: { keepdims: int(0) },
  });
  if (!isAdditive) {
    const weight = layer.parameter('concat_score_weight', []).name;
    name = layer.add('Mul', [name, weight], { suffix: 'concat_mul' });
  }
  return { ...query, name, shape };
}

function raise(layer: Layer, value: Value, axis: number, label: string): Value {
  const name = layer.add('Unsqueeze', [value.name, layer.ints(`axis_${axis}`, [axis])], {
    suffix: `${label}_unsqueeze`,
  });
  return { ...value, name, shape: value.shape.toSpliced(axis, 0, 1) };
}

/** Queries that are masked give zeros. */
function hideQueries(layer: Layer, value: Value, mask: Value): Value {
  const shown = asBoolean(layer, raise(layer, mask, 2, 'query_mask'), 1);
  const name = layer.add('Where', [shown, value.name, layer.number('hidden', 0)], { suffix: 'query_masked' });
  return { ...value, name };
}
