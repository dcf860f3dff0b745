// https://keras.io/api/layers/merging_layers/dot/
// Contracts one axis of each of two inputs, sample by sample.

import { int } from '../../../graph/attribute.ts';
import type { Dim } from '../../../graph/model.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';

export default {
  classNames: ['Dot'],
  lower(layer) {
    const { config } = layer;
    const axes = config.list('axes');
    return dot(layer, axes, config.boolean('normalize', false));
  },
} satisfies LayerFamily;

/** `axes` is one axis for both inputs or one for each, the batch counted as axis 0. */
export function dot(layer: Layer, axes: readonly number[], isNormalized: boolean): Value {
  const [left, right] = layer.inputs;
  if (left === undefined || right === undefined || layer.inputs.length !== 2) {
    return layer.fail(`it is called with ${layer.inputs.length} tensors and takes two`);
  }
  const leftAxis = place(layer, left, axes[0]);
  const rightAxis = place(layer, right, axes[1] ?? axes[0]);
  const lengths = [left.shape[leftAxis], right.shape[rightAxis]];
  const isKnown = lengths.every((length) => typeof length === 'number');
  if (isKnown && lengths[0] !== lengths[1]) {
    layer.fail(`the axes it multiplies have ${lengths.join(' and ')} elements`);
  }
  const a = isNormalized ? normalize(layer, left, leftAxis, 'left') : left;
  const b = isNormalized ? normalize(layer, right, rightAxis, 'right') : right;
  if (isKnown && left.shape.length === 2 && right.shape.length === 2) {
    // Two vectors for each sample.
    const products = layer.add('Mul', [a.name, b.name], { suffix: 'products' });
    const name = layer.add('ReduceSum', [products, layer.ints('axis', [1])], {
      attributes: { keepdims: int(1) },
    });
    return { ...left, name, shape: [left.shape[0] ?? null, 1] };
  }
  const rows = flatten(layer, a, leftAxis, 'left');
  const columns = flatten(layer, b, rightAxis, 'right');
  const product = layer.add('MatMul', [rows.name, columns.name], { suffix: 'matmul' });
  const rest: Dim[] = [...rows.kept, ...columns.kept];
  const shape = [left.shape[0] ?? null, ...(rest.length === 0 ? [1] : rest)];
  if (rows.kept.length === 1 && columns.kept.length === 1) return { ...left, name: product, shape };
  const target = layer.ints('target_shape', [
    0,
    ...shape.slice(1).map((dim) => (typeof dim === 'number' ? dim : -1)),
  ]);
  if (shape.slice(1).filter((dim) => typeof dim !== 'number').length > 1) {
    layer.fail('more than one axis of its result has an unknown length');
  }
  return { ...left, name: layer.add('Reshape', [product, target]), shape };
}

function place(layer: Layer, { shape }: Value, axis: number | undefined): number {
  const at = axis === undefined ? -1 : axis < 0 ? axis + shape.length : axis;
  return at >= 1 && at < shape.length
    ? at
    : layer.fail(`axis ${axis} is not one of the ${shape.length} axes of an input`);
}

/** The input as (batch, everything else, axis) on the left, (batch, axis, everything else) on the right. */
function flatten(
  layer: Layer,
  { name, shape }: Value,
  axis: number,
  side: 'left' | 'right',
): { name: string; kept: Dim[] } {
  const others = shape.map((_, index) => index).filter((index) => index !== 0 && index !== axis);
  const kept = others.map((index) => shape[index] ?? null);
  const perm = side === 'left' ? [0, ...others, axis] : [0, axis, ...others];
  const isInOrder = perm.every((from, to) => from === to);
  const turned = isInOrder
    ? name
    : layer.add('Transpose', [name], { suffix: `${side}_transpose`, attributes: { perm: int(perm) } });
  if (others.length === 1) return { name: turned, kept };
  const length = shape[axis];
  if (typeof length !== 'number') return layer.fail('the axis it multiplies has an unknown length');
  const target = layer.ints(`${side}_shape`, side === 'left' ? [0, -1, length] : [0, length, -1]);
  return { name: layer.add('Reshape', [turned, target], { suffix: `${side}_reshape` }), kept };
}

/** x / max(|x|, 1e-6), which is TensorFlow's l2_normalize: it keeps the sum of squares above 1e-12. */
function normalize(layer: Layer, input: Value, axis: number, side: string): Value {
  const add = (opType: string, inputs: string[], part: string, attributes = {}) =>
    layer.add(opType, inputs, { suffix: `${side}_${part}`, attributes });
  const norm = add('ReduceL2', [input.name, layer.ints(`${side}_axis`, [axis])], 'norm', {
    keepdims: int(1),
  });
  const safe = add('Max', [norm, layer.number('least', 1e-6)], 'max');
  return { ...input, name: add('Div', [input.name, safe], 'normalized') };
}
