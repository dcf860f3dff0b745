// https://keras.io/api/layers/recurrent_layers/time_distributed/
// A layer applied to every step: time is folded into the batch around it.

import type { Layer, LayerFamily, Value } from '../layer.ts';
import { fold, unfold } from '../recurrent/fold.ts';

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

function distributed(layer: Layer, input: Value): readonly Value[] {
  const { mask } = input;
  if (input.shape.length < 3) return layer.refuse(`its input has ${input.shape.length} axes`);
  if (layer.wrappedClass !== undefined && ANY_RANK.has(layer.wrappedClass)) {
    return layer.callWrapped([{ ...input, mask: undefined }]).map((value) => ({ ...value, mask }));
  }
  const outputs = layer.callWrapped([fold(layer, input)]);
  return outputs.map((output, index) => {
    if (output.mask !== undefined) layer.refuse('the layer inside makes a mask');
    return { ...unfold(layer, input, output, index === 0 ? '' : `unfold_${index}`), mask };
  });
}
