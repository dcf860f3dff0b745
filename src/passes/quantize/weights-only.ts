// Weights as whole numbers of 8 bits, read through DequantizeLinear; what they are multiplied with stays float32.
//
//   Given   x ─▶ MatMul(w)          Result  x ─▶ MatMul(DQ(w as int8))
//   Given   Gather(table, ids)      Result  Gather(DQ(table as int8), ids), with one scale, as a row may be any

import { attribute, int } from '../../graph/attribute.ts';
import { type Node, tensorType } from '../../graph/model.ts';
import type { Rewriter } from '../uses.ts';
import type { Kept } from './definition.ts';
import { integerRule } from './integer-rules.ts';
import { quantizeWeights } from './integer-weights.ts';

/** Smaller weights save less than their scales cost (TensorFlow's converter draws the same line). */
export const LEAST_ELEMENTS = 1024;

/** Names of the nodes whose weights are codes now, and those that were asked to stay. */
export function quantizeWeightsOnly(
  rewriter: Rewriter,
  keep: ReadonlyMap<string, Kept>,
): { readonly changed: string[]; readonly kept: Kept[] } {
  const changed: string[] = [];
  const kept: Kept[] = [];
  for (const node of rewriter.nodes()) {
    const place = weightsOf(node, rewriter);
    if (place === undefined) continue;
    const value = node.inputs[place.index] ?? '';
    const weights = rewriter.constant(value);
    if (weights?.dtype !== 'float32' || weights.data.length < LEAST_ELEMENTS) continue;
    const asked = keep.get(node.name);
    if (asked) {
      kept.push(asked);
      continue;
    }
    const { codes, scales, axis } = quantizeWeights(
      weights,
      place.axis(weights.dims.length),
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
    rewriter.setInput(node, place.index, read);
    changed.push(node.name);
  }
  return { changed, kept };
}

type Place = { readonly index: number; readonly axis: (rank: number) => number | undefined };

function weightsOf(node: Node, rewriter: Rewriter): Place | undefined {
  if (node.domain === '' && node.opType === 'Gather' && attribute(node, 'axis', 0) === 0)
    return { index: 0, axis: () => undefined };
  const rule = integerRule(node, (index) => rewriter.constant(node.inputs[index]) !== undefined);
  return rule?.kind === 'weighted'
    ? { index: rule.weight, axis: (rank) => rule.axis(node, rank) }
    : undefined;
}
