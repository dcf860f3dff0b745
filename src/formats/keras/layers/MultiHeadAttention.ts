// https://keras.io/api/layers/attention_layers/multi_head_attention/ and …/group_query_attention/
// Projects query, key and value for each head, attends per head and projects what the heads say together. In groups,
// several query heads share one head of keys and values.

import { int } from '../../../graph/attribute.ts';
import { reshape } from '../../../graph/rearrange.ts';
import { checkSteps, maskOf, weigh } from '../attention.ts';
import type { LayerConfig } from '../config.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';

const PARTS = ['query', 'key', 'value', 'attention_output'] as const;

export default {
  classNames: ['MultiHeadAttention', 'GroupQueryAttention', 'GroupedQueryAttention'],
  masks: 'own',
  keywords: ['query', 'value', 'key', 'attention_mask', 'use_causal_mask', 'return_attention_scores'],
  weights(config) {
    const kinds = config.boolean('use_bias', true) ? ['kernel', 'bias'] : ['kernel'];
    return PARTS.flatMap((part) => kinds.map((kind) => ({ name: `${part}_${kind}`, isTrained: true })));
  },
  problem(config) {
    const axes = config.get('attention_axes') ?? null;
    if (axes !== null && config.list('attention_axes').join() !== '1') {
      return `it attends over the axes ${config.list('attention_axes').join(', ')} instead of the first after the batch`;
    }
    if (config.boolean('use_gate', false)) return 'use_gate is not in the documentation of Keras 3.8';
    const output = config.get('output_shape') ?? null;
    return output !== null && config.list('output_shape').length > 1
      ? 'output_shape has more than one axis'
      : undefined;
  },
  lower(layer) {
    layer.config.get('attention_axes');
    const { query, key, value } = readArguments(layer);
    const sizes = readSizes(layer.config, layer.className);
    const { heads, groups } = sizes;
    checkSteps(layer, key.shape[1], value.shape[1]);
    const scaled = layer.add(
      'Mul',
      [project(layer, query, 'query', heads, sizes.key), layer.number('scale', 1 / Math.sqrt(sizes.key))],
      { suffix: 'query_scaled' },
    );
    // Heads in groups: (batch, groups, heads per group, steps, size); otherwise (batch, heads, steps, size).
    const isGrouped = groups !== heads;
    const split = isGrouped ? [0, 0, groups, heads / groups, sizes.key] : [0, 0, heads, sizes.key];
    const q = arrange(layer, scaled, 'query', split, isGrouped ? [0, 2, 3, 1, 4] : [0, 2, 1, 3]);
    const shared = (size: number) => (isGrouped ? [0, 0, groups, 1, size] : [0, 0, heads, size]);
    const keys = project(layer, key, 'key', groups, sizes.key);
    const k = arrange(layer, keys, 'key', shared(sizes.key), isGrouped ? [0, 2, 3, 4, 1] : [0, 2, 3, 1]);
    const values = project(layer, value, 'value', groups, sizes.value);
    const v = arrange(
      layer,
      values,
      'value',
      shared(sizes.value),
      isGrouped ? [0, 2, 3, 1, 4] : [0, 2, 1, 3],
    );
    const [batch = null, steps = null] = query.shape;
    const products = layer.add('MatMul', [q, k], { suffix: 'scores' });
    const perHead = isGrouped ? [groups, heads / groups] : [heads];
    const scores: Value = {
      ...query,
      name: products,
      shape: [batch, ...perHead, steps, key.shape[1] ?? null],
    };
    const mask = layer.keyword('attention_mask')[0] ?? undefined;
    const given = mask ? [raiseMask(layer, mask, scores.shape.length)] : [];
    // Masks that came along with the inputs: one row per query step, one column per step of key and value.
    const carried = [key, value].map(maskOf).filter((item) => item !== undefined);
    const columns = new Map(carried.map((item) => [item.name, item]));
    for (const item of columns.values()) given.push(spread(layer, item, scores.shape.length, -1));
    const rows = maskOf(query);
    if (rows) given.push(spread(layer, rows, scores.shape.length, -2));
    const weights = weigh(layer, scores, {
      given,
      isCausal: layer.option('use_causal_mask') === true,
    });
    const attended = layer.add('MatMul', [weights.name, v], { suffix: 'attended' });
    const back = int(isGrouped ? [0, 3, 1, 2, 4] : [0, 2, 1, 3]);
    const turned = layer.add('Transpose', [attended], { suffix: 'join', attributes: { perm: back } });
    const joined = layer.add('Reshape', [turned, layer.ints('joined_shape', [0, 0, heads * sizes.value])], {
      suffix: 'joined',
    });
    const size = outputSize(layer, query);
    const result = { ...query, name: output(layer, joined, sizes, size), shape: [batch, steps, size] };
    if (layer.option('return_attention_scores') !== true) return result;
    if (isGrouped) layer.refuse('it returns its attention scores per group');
    return [result, weights];
  },
} satisfies LayerFamily;

type Sizes = {
  readonly heads: number;
  /** Heads of keys and values. */
  readonly groups: number;
  readonly key: number;
  readonly value: number;
};

function readSizes(config: LayerConfig, className: string): Sizes {
  for (const key of ['dropout', 'flash_attention', 'query_shape', 'key_shape', 'value_shape'])
    config.get(key);
  if (className === 'MultiHeadAttention') {
    const heads = config.integer('num_heads', undefined);
    const key = config.integer('key_dim', undefined);
    return { heads, groups: heads, key, value: config.integer('value_dim', key) };
  }
  const size = config.integer('head_dim', undefined);
  const heads = config.integer('num_query_heads', undefined);
  const groups = config.integer('num_key_value_heads', undefined);
  return { heads, groups, key: size, value: size };
}

/** By position: query, value, key. Any of them by name too; the key is the value when it is left out. */
function readArguments(layer: Layer): { query: Value; key: Value; value: Value } {
  const given = [...layer.inputs];
  const next = (name: string) => layer.keyword(name)[0] ?? given.shift();
  const query = next('query');
  const value = next('value');
  const key = next('key') ?? value;
  const { groups, heads } = readSizes(layer.config, layer.className);
  if (heads % groups !== 0)
    layer.fail(`${heads} query heads cannot share ${groups} heads of keys and values`);
  if (query === undefined || value === undefined || key === undefined || given.length > 0) {
    return layer.fail(
      `it is called with ${layer.inputs.length} tensors and takes a query, a value and a key`,
    );
  }
  for (const { shape } of [query, value, key]) {
    if (shape.length !== 3) layer.refuse(`an input has ${shape.length} axes; only (batch, steps, features)`);
  }
  return { query, key, value };
}

/** (batch, steps, heads * size) */
function project(layer: Layer, input: Value, part: string, heads: number, size: number): string {
  const last = input.shape[2];
  const dims = [typeof last === 'number' ? last : null, heads, size];
  const kernel = layer.parameter(`${part}_kernel`, dims, (tensor) =>
    reshape(tensor, [tensor.dims[0] ?? 1, heads * size]),
  );
  const product = layer.add('MatMul', [input.name, kernel.name], { suffix: part });
  if (!layer.config.boolean('use_bias', true)) return product;
  const bias = layer.parameter(`${part}_bias`, [heads, size], (tensor) => reshape(tensor, [heads * size]));
  return layer.add('Add', [product, bias.name], { suffix: `${part}_bias_add` });
}

function arrange(
  layer: Layer,
  name: string,
  part: string,
  split: readonly number[],
  perm: readonly number[],
) {
  const parts = layer.add('Reshape', [name, layer.ints(`${part}_heads`, split)], { suffix: `${part}_split` });
  return layer.add('Transpose', [parts], { suffix: `${part}_transpose`, attributes: { perm: int(perm) } });
}

/** (batch, query steps, value steps) gets the axes of the heads after the batch. */
function raiseMask(layer: Layer, mask: Value, rank: number): Value {
  const missing = rank - mask.shape.length;
  if (missing < 0) return layer.fail(`its attention_mask has ${mask.shape.length} axes`);
  // One that already names the heads cannot be put over groups of them.
  if (missing > 0 && mask.shape.length !== 3) {
    layer.refuse(`its attention_mask has ${mask.shape.length} axes; only (batch, query steps, value steps)`);
  }
  if (missing === 0) return mask;
  const axes = layer.ints(
    'mask_axes',
    Array.from({ length: missing }, (_, axis) => axis + 1),
  );
  return { ...mask, name: layer.add('Unsqueeze', [mask.name, axes], { suffix: 'mask_unsqueeze' }) };
}

/** (batch, steps) along one of the last two axes of the scores, the others of length 1. */
function spread(layer: Layer, mask: Value, rank: number, along: number): Value {
  const axes = Array.from({ length: rank - 1 }, (_, axis) => axis + 1).filter(
    (axis) => axis !== rank + along,
  );
  const suffix = along === -1 ? 'column_mask' : 'row_mask';
  const name = layer.add('Unsqueeze', [mask.name, layer.ints(`${suffix}_axes`, axes)], { suffix });
  return { ...mask, name };
}

function outputSize(layer: Layer, query: Value): number {
  const { config } = layer;
  const [stated] = (config.get('output_shape') ?? null) === null ? [] : config.list('output_shape');
  const size = stated ?? query.shape[2];
  return typeof size === 'number' ? size : layer.fail('the number of its features is not known');
}

function output(layer: Layer, input: string, { heads, value }: Sizes, size: number): string {
  const kernel = layer.parameter('attention_output_kernel', [heads, value, size], (tensor) =>
    reshape(tensor, [heads * value, size]),
  );
  const hasBias = layer.config.boolean('use_bias', true);
  const product = layer.add('MatMul', [input, kernel.name], hasBias ? { suffix: 'attention_output' } : {});
  if (!hasBias) return product;
  return layer.add('Add', [product, layer.parameter('attention_output_bias', [size]).name]);
}
