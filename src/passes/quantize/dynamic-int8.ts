// `--dtype dynamic-int8`: weights of products as whole numbers of 8 bits, a scale per output channel; activations stay
// float32, so nothing has to be known about them. Runtimes with such kernels (TFLite) quantize activations as they come.
//
//   Given   x ─▶ MatMul(w)          Result  x ─▶ MatMul(DQ(w as int8))

import { int } from '../../graph/attribute.ts';
import { type Model, tensorType } from '../../graph/model.ts';
import { Names } from '../names.ts';
import { Rewriter } from '../uses.ts';
import type { Kept, Precision, PrecisionReport, PrecisionSettings } from './definition.ts';
import { integerRule } from './integer-rules.ts';
import { quantizeWeights } from './integer-weights.ts';
import { dropUnread } from './unread.ts';

/** Smaller weights save less than their scales cost (TensorFlow's converter draws the same line). */
const LEAST_ELEMENTS = 1024;

export default {
  name: 'dynamic-int8',
  summary: 'weights of 8 bits: a quarter of the size, no data needed',
  ranges: 'none',
  // A weight moves by 1/254 of the largest of its channel; over a network that stays well below a tenth.
  tolerance: 0.1,
  isRepaired: true,
  rewrite,
} satisfies Precision;

function rewrite(model: Model, { keep }: PrecisionSettings): PrecisionReport {
  const rewriter = new Rewriter(model.graph, new Names(model));
  const changed: string[] = [];
  const kept: Kept[] = [];
  for (const node of rewriter.nodes()) {
    const rule = integerRule(node, (index) => rewriter.constant(node.inputs[index]) !== undefined);
    if (rule?.kind !== 'weighted') continue;
    const value = node.inputs[rule.weight] ?? '';
    const weights = rewriter.constant(value);
    if (weights?.dtype !== 'float32' || weights.data.length < LEAST_ELEMENTS) continue;
    const asked = keep.get(node.name);
    if (asked) {
      kept.push(asked);
      continue;
    }
    const { codes, scales, axis } = quantizeWeights(
      weights,
      rule.axis(node, weights.dims.length),
      1,
      undefined,
    ).weights;
    const zeros = { ...scales, dtype: 'int8', data: new Int8Array(scales.data.length) } as const;
    const [read = ''] = rewriter.add(
      'DequantizeLinear',
      [
        rewriter.addConstant(`${value}/quantized`, codes),
        rewriter.addConstant(`${value}/scale`, scales),
        rewriter.addConstant(`${value}/zero_point`, zeros),
      ],
      {
        name: `${value}/dequantize`,
        attributes: axis === undefined ? {} : { axis: int(axis) },
        types: [tensorType('float32', weights.dims)],
      },
    ).outputs;
    rewriter.setInput(node, rule.weight, read);
    changed.push(node.name);
  }
  rewriter.commit();
  dropUnread(model);
  return { changed, kept };
}
