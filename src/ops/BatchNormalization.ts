// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
// Opsets: 1, 6, 7, 9, 14, 15.

import { float, int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { rankAtLeast, sameDim } from './axes.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';
import { outputOf, part, scalarLike } from './rewrite.ts';

export default {
  ops: {
    BatchNormalization: {
      since: 1,
      inputs: [5, 5],
      outputs: [1, 3],
      attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    // A tensor of one axis has a single channel.
    let channels =
      shape === undefined ? null : rankAtLeast(context, shape, 1).length > 1 ? (shape[1] ?? null) : 1;
    for (let index = 1; index < 5; index++) {
      const given = context.shape(index);
      if (given !== undefined) channels = sameDim(context, channels, given[0] ?? null, 'channels');
    }
    const statistics = tensorOf(context.dtype(3), [channels]);
    const output =
      shape !== undefined && shape.length > 1 ? [shape[0] ?? null, channels, ...shape.slice(2)] : shape;
    return [tensorOf(context.dtype(0), output), statistics, statistics];
  },
  upgrades: [
    { to: 9, opTypes: ['BatchNormalization'], rewrite: spellOutPerElement },
    { to: 14, opTypes: ['BatchNormalization'], rewrite: keepFirstOutput },
  ],
} satisfies OpFamily;

/** `spatial` 0 had one mean for each element of a sample instead of each channel; they broadcast over the batch. */
function spellOutPerElement(node: Node, context: UpgradeContext): readonly Node[] {
  const isSpatial = context.read(node, 'int', 'spatial', 1) !== 0;
  node.attributes.delete('spatial');
  if (isSpatial) return [node];
  const [x = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
  const epsilon = scalarLike(context, node, 'epsilon', context.read(node, 'float', 'epsilon', 1e-5), x);
  const centered = part(context, node, 'Sub', [x, mean]);
  const shifted = part(context, node, 'Add', [variance, epsilon.value]);
  const deviation = part(context, node, 'Sqrt', [outputOf(shifted)]);
  const normalized = part(context, node, 'Div', [outputOf(centered), outputOf(deviation)]);
  const scaled = part(context, node, 'Mul', [outputOf(normalized), scale]);
  const biased = part(context, node, 'Add', [outputOf(scaled), bias], { outputs: [outputOf(node)] });
  return [...epsilon.nodes, centered, shifted, deviation, normalized, scaled, biased];
}

/** Up to 13, further outputs meant training; without them, and without training_mode, statistics are only used. */
function keepFirstOutput(node: Node): readonly Node[] {
  node.outputs.length = 1;
  return [node];
}
