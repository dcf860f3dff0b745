// What all attention layers share: masks over scores, and values weighed by them.

import { int } from '../../graph/attribute.ts';
import type { Dim } from '../../graph/model.ts';
import type { Layer, Value } from './layer.ts';

const BOOL = 9;

/** Lower than any score, as Keras has it; float16 layers compute in float32 here. */
const LOWEST = -1e9;

export type Masks = {
  /** Booleans or numbers that broadcast over the scores: where they are false or 0 nothing is attended to. */
  readonly given: readonly Value[];
  /** No step sees a later one. */
  readonly isCausal: boolean;
};

/** Softmax over the last axis of `scores`, (…, query steps, value steps), without what the masks hide. */
export function weigh(layer: Layer, scores: Value, { given, isCausal }: Masks): Value {
  const masks = given.map((mask, index) => asBoolean(layer, mask, index));
  if (isCausal) masks.push(causal(layer, scores));
  let name = scores.name;
  masks.forEach((mask, index) => {
    const suffix = index === 0 ? 'masked' : `masked_${index}`;
    name = layer.add('Where', [mask, name, layer.number('lowest', LOWEST)], { suffix });
  });
  name = layer.add('Softmax', [name], { suffix: 'softmax', attributes: { axis: int(-1) } });
  return { ...scores, name };
}

export function asBoolean(layer: Layer, mask: Value, index: number): string {
  if (mask.dtype === 'bool') return mask.name;
  return layer.add('Cast', [mask.name], { suffix: `mask_${index}`, attributes: { to: int(BOOL) } });
}

/** True on and below the diagonal. */
function causal(layer: Layer, scores: Value): string {
  const [rows = null, columns = null] = scores.shape.slice(-2);
  if (typeof rows === 'number' && typeof columns === 'number') {
    const data = Uint8Array.from({ length: rows * columns }, (_, index) =>
      index % columns <= Math.floor(index / columns) ? 1 : 0,
    );
    return layer.constant(`causal_${rows}_${columns}`, { dtype: 'bool', dims: [rows, columns], data });
  }
  const ones = layer.add(
    'Add',
    [
      layer.add('Mul', [scores.name, layer.number('zero', 0)], { suffix: 'causal_zeros' }),
      layer.number('one', 1),
    ],
    { suffix: 'causal_ones' },
  );
  const lower = layer.add('Trilu', [ones], { suffix: 'causal_lower', attributes: { upper: int(0) } });
  return layer.add('Cast', [lower], { suffix: 'causal', attributes: { to: int(BOOL) } });
}

/** The mask that came along with a value, (batch, steps). */
export function maskOf({ mask, shape }: Value): Value | undefined {
  return mask === undefined ? undefined : { name: mask, dtype: 'bool', shape: shape.slice(0, 2) };
}

/** The lengths of the axis that is attended over have to fit. */
export function checkSteps(layer: Layer, key: Dim | undefined, value: Dim | undefined): void {
  if (typeof key === 'number' && typeof value === 'number' && key !== value) {
    layer.fail(`it has ${key} keys and ${value} values`);
  }
}
