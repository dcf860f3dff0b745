// Masks as they travel through a model, and recurrent operators that skip masked steps.
//
// Keras carries state and output over a masked step, wherever in the sequence it is. ONNX's recurrent operators know
// only sequences that end early. So the steps to be seen are moved to the front of each sequence, in their order, the
// operator runs over that many of them (sequence_lens), and its outputs are put back: a masked step shows the output
// of the step before it. That is exact for every mask and keeps the one fused operator.

import { int } from '../../../graph/attribute.ts';
import type { Layer, Value } from '../layer.ts';

// Numbers of the ONNX enumeration TensorProto.DataType, for Cast.
const INT32 = 6;
const INT64 = 7;

export type MaskedSteps = {
  /** (batch, features) steps of a (batch, time, …) value, those to be seen in front. */
  gather(value: string): string;
  /** int32 (batch): steps to be seen, at least 1 because runtimes refuse empty sequences. */
  readonly lengths: string;
  /** `value` (batch, units) where anything was seen, `otherwise` where nothing was. */
  orElse(value: string, otherwise: string | undefined, suffix: string): string;
  /** Outputs in original order out of those of the gathered steps, carried over masked steps or zero there. */
  spread(value: string, order: 'forward' | 'reverse' | 'zero', suffix: string): string;
};

/** `mask` is boolean (batch, time). Nodes are shared by all uses within the layer's call. */
export function maskedSteps(layer: Layer, mask: string): MaskedSteps {
  const add = (suffix: string, opType: string, inputs: readonly string[], attributes = {}) =>
    layer.add(opType, inputs, { suffix: `mask/${suffix}`, attributes });
  const zero = layer.ints('mask/zero', [0]);
  const one = layer.ints('mask/one', [1]);
  const last = layer.ints('mask/last', [-1]);
  const axis = layer.constant('mask/axis', { dtype: 'int64', dims: [], data: BigInt64Array.of(1n) });
  const seen = add('seen', 'Cast', [mask], { to: int(INT64) });
  const running = add('running', 'CumSum', [seen, axis]);
  const count = add('count', 'ReduceSum', [seen, one], { keepdims: int(1) });
  // Steps to be seen get their place among themselves, the others come after all of them.
  const ones = add('ones', 'Add', [add('none', 'Mul', [seen, zero]), one]);
  const time = add('time', 'CumSum', [ones, axis]);
  const behind = add('behind', 'Add', [count, add('hidden', 'Sub', [time, running])]);
  const place = add('place', 'Sub', [add('from_one', 'Where', [mask, running, behind]), one]);
  const order = layer.add('ScatterElements', [place, place, add('steps', 'Sub', [time, one])], {
    suffix: 'mask/order',
    attributes: { axis: int(1) },
    countsForward: true,
  });
  const lengths = add('lengths', 'Cast', [add('flat', 'Squeeze', [add('least', 'Max', [count, one]), one])], {
    to: int(INT32),
  });
  const isSeen = () => add('is_seen', 'Greater', [count, zero]);
  const pick = (suffix: string, value: string, index: string) =>
    add(suffix, 'GatherND', [value, add(`${suffix}_at`, 'Unsqueeze', [index, last])], { batch_dims: int(1) });
  return {
    gather: (value) => pick('gather', value, order),
    lengths,
    orElse: (value, otherwise, suffix) =>
      add(suffix, 'Where', [isSeen(), value, otherwise ?? layer.number('mask/nothing', 0)]),
    spread(value, mode, suffix) {
      // Running backwards, a masked step carries what the next step to be seen gave.
      const from =
        mode === 'reverse'
          ? add(`${suffix}_next`, 'Sub', [running, seen])
          : add(`${suffix}_before`, 'Sub', [running, one]);
      const isThere =
        mode === 'zero'
          ? mask
          : mode === 'reverse'
            ? add(`${suffix}_is_there`, 'Less', [from, count])
            : add(`${suffix}_is_there`, 'Greater', [running, zero]);
      const index = add(`${suffix}_index`, 'Max', [from, zero]);
      const condition = add(`${suffix}_shown`, 'Unsqueeze', [isThere, last]);
      return add(suffix, 'Where', [
        condition,
        pick(`${suffix}_pick`, value, index),
        layer.number('mask/nothing', 0),
      ]);
    },
  };
}

/** The mask of what is made element by element from several values. */
export function mergedMask(layer: Layer, inputs: readonly Value[]): string | undefined {
  const masks = inputs.flatMap(({ mask }) => (mask === undefined ? [] : [mask]));
  if (layer.dialect.major < 3) return everySeen(layer, masks);
  // Keras 3 forgets the mask unless every input has one.
  if (masks.length < inputs.length) return undefined;
  if (new Set(masks).size > 1) layer.refuse('its inputs have different masks');
  return masks[0];
}

/** The mask of values put one after the other: along time one after the other too, otherwise seen where all are. */
export function joinedMask(layer: Layer, inputs: readonly Value[], axis: number): string | undefined {
  const rank = inputs[0]?.shape.length ?? 0;
  const masks = inputs.flatMap(({ mask }) => (mask === undefined ? [] : [mask]));
  if (masks.length === 0) return undefined;
  if ((axis < 0 ? axis + rank : axis) === 1) {
    if (masks.length < inputs.length) layer.refuse('some of its inputs have a mask, joined along time');
    return layer.add('Concat', masks, { suffix: 'mask', attributes: { axis: int(1) } });
  }
  return everySeen(layer, masks);
}

function everySeen(layer: Layer, masks: readonly string[]): string | undefined {
  const [first, ...others] = new Set(masks);
  if (first === undefined) return undefined;
  return others.reduce(
    (all, mask, index) => layer.add('And', [all, mask], { suffix: `mask_${index}` }),
    first,
  );
}
