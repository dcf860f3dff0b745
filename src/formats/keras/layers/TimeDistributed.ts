// https://keras.io/api/layers/recurrent_layers/time_distributed/
// A layer applied to every step: time is folded into the batch around it.

import { int } from '../../../graph/attribute.ts';
import type { Dim, Shape } from '../../../graph/model.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';

/** Layers that work on the last axis or element by element, whatever is in front of it. */
const ANY_RANK = new Set([
  'Dense',
  'Dropout',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
  'LeakyReLU',
  'ReLU',
]);

export default {
  classNames: ['TimeDistributed'],
  masks: 'own',
  keepsDType: true,
  lower(layer) {
    layer.config.get('layer');
    return layer.inputs.length === 1
      ? distributed(layer, layer.input)
      : layer.refuse('it has several inputs');
  },
} satisfies LayerFamily;

function distributed(layer: Layer, input: Value): Value | readonly Value[] {
  const { mask } = input;
  if (input.shape.length < 3) return layer.refuse(`its input has ${input.shape.length} axes`);
  if (layer.wrappedClass !== undefined && ANY_RANK.has(layer.wrappedClass)) {
    return layer.callWrapped([{ ...input, mask: undefined }]).map((value) => ({ ...value, mask }));
  }
  const [batch = null, time = null] = input.shape;
  const outputs = layer.callWrapped([foldedOf(layer, input)]);
  return outputs.map((output, index) => {
    if (output.mask !== undefined) layer.refuse('the layer inside makes a mask');
    const tail = output.shape.slice(1);
    const shape = unfoldedShape(layer, input, output, tail, index);
    const suffix = index === 0 ? '' : `unfold_${index}`;
    const name = layer.add('Reshape', [output.name, shape], { suffix });
    const folded = { of: name, value: output };
    return { name, dtype: output.dtype, shape: [batch, time, ...tail], mask, folded };
  });
}

/** The input with time folded into the batch; what another TimeDistributed unfolded is taken as it was. */
function foldedOf(layer: Layer, input: Value): Value {
  if (input.folded?.of === input.name) return input.folded.value;
  const [batch = null, time = null, ...rest] = input.shape;
  const isCounted = typeof batch === 'number' && typeof time === 'number';
  const samples: Dim = isCounted ? batch * time : layer.symbol('steps');
  const name = layer.add('Reshape', [input.name, foldedShape(layer, input, rest)], { suffix: 'fold' });
  return { name, dtype: input.dtype, shape: [samples, ...rest] };
}

function foldedShape(layer: Layer, input: Value, rest: Shape): string {
  if (isKnown(rest)) return layer.ints('fold_shape', [-1, ...rest]);
  return joined(layer, 'fold', layer.ints('any', [-1]), tailOf(layer, input.name, 2, 'fold'));
}

function unfoldedShape(layer: Layer, input: Value, output: Value, tail: Shape, index: number): string {
  const [batch, time] = input.shape;
  const label = `unfold_${index}`;
  if (isKnown(tail) && typeof time === 'number') return layer.ints(`${label}_shape`, [-1, time, ...tail]);
  if (isKnown(tail) && typeof batch === 'number') return layer.ints(`${label}_shape`, [batch, -1, ...tail]);
  const shape = layer.add('Shape', [input.name], { suffix: `${label}/shape`, attributes: { end: int(2) } });
  const end = isKnown(tail) ? layer.ints(`${label}_tail`, tail) : tailOf(layer, output.name, 1, label);
  return joined(layer, label, shape, end);
}

function tailOf(layer: Layer, value: string, start: number, label: string): string {
  return layer.add('Shape', [value], { suffix: `${label}/tail`, attributes: { start: int(start) } });
}

function joined(layer: Layer, label: string, ...parts: readonly string[]): string {
  return layer.add('Concat', parts, { suffix: `${label}/joined`, attributes: { axis: int(0) } });
}

function isKnown(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}
