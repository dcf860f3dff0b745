// Weights as whole numbers of 8 bits, read through DequantizeLinear; what they are multiplied with stays float32.
//
//   Given   x ─▶ MatMul(w)          Result  x ─▶ MatMul(DQ(w as int8))
//   Given   Gather(table, ids)      Result  Gather(DQ(table as int8), ids), with one scale, as a row may be any

import { attribute, int } from '../../graph/attribute.ts';
import { type Node, tensorType } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
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
  const stored = new Map<string, string>();
  for (const node of rewriter.nodes()) {
    const places = placesOf(node, rewriter).filter(({ index }) => {
      const weights = rewriter.constant(node.inputs[index]);
      return weights?.dtype === 'float32' && weights.data.length >= LEAST_ELEMENTS;
    });
    if (places.length === 0) continue;
    const asked = keep.get(node.name);
    if (asked) kept.push(asked);
    else {
      for (const place of places) store(node, place, rewriter, stored);
      changed.push(node.name);
    }
  }
  return { changed, kept };
}

type Place = { readonly index: number; readonly axis: (rank: number) => number | undefined };

const recurrent = new Set(['LSTM', 'GRU', 'RNN']);

function placesOf(node: Node, rewriter: Rewriter): readonly Place[] {
  const isOnnx = node.domain === '';
  if (isOnnx && node.opType === 'Gather' && attribute(node, 'axis', 0) === 0)
    return [{ index: 0, axis: () => undefined }];
  // [directions, gates · units, inputs or units], for the inputs and for the state.
  if (isOnnx && recurrent.has(node.opType)) return [1, 2].map((index) => ({ index, axis: () => 1 }));
  const rule = integerRule(node, (index) => rewriter.constant(node.inputs[index]) !== undefined);
  if (rule?.kind !== 'weighted') return [];
  return [{ index: rule.weight, axis: (rank) => rule.axis(node, rank) }];
}

/** `stored`: what reads the codes of a constant, by its name and axis: layers may share it. */
function store(node: Node, place: Place, rewriter: Rewriter, stored: Map<string, string>): void {
  const value = node.inputs[place.index] ?? '';
  const weights = rewriter.constant(value) as Tensor;
  const wanted = place.axis(weights.dims.length);
  const key = `${value}:${wanted}`;
  const read = stored.get(key) ?? codesOf(value, weights, wanted, rewriter);
  stored.set(key, read);
  rewriter.setInput(node, place.index, read);
}

function codesOf(value: string, weights: Tensor, wanted: number | undefined, rewriter: Rewriter): string {
  const { codes, scales, axis } = quantizeWeights(weights, wanted, 1, undefined).weights;
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
  return read;
}
