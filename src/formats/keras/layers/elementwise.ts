// https://keras.io/api/layers/merging_layers/
// Element by element over several inputs. Inputs of lower rank get axes of length 1 after the batch.

import { int } from '../../../graph/attribute.ts';
import type { Dim, Shape } from '../../../graph/model.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';

type Row = { readonly opType: string; readonly most: number; readonly isAverage?: true };

const ROWS: Readonly<Record<string, Row>> = {
  Add: { opType: 'Add', most: Infinity },
  Subtract: { opType: 'Sub', most: 2 },
  Multiply: { opType: 'Mul', most: Infinity },
  Average: { opType: 'Add', most: Infinity, isAverage: true },
  Maximum: { opType: 'Max', most: Infinity },
  Minimum: { opType: 'Min', most: Infinity },
};

export default {
  classNames: Object.keys(ROWS),
  masks: 'pass',
  lower(layer) {
    const row = ROWS[layer.className] ?? { opType: 'Add', most: Infinity };
    return mergeElementwise(layer, layer.inputs, row);
  },
} satisfies LayerFamily;

export function mergeElementwise(
  layer: Layer,
  inputs: readonly Value[],
  { opType, most, isAverage }: Row,
): Value {
  const [first] = inputs;
  if (first === undefined || inputs.length < 2 || inputs.length > most) {
    return layer.fail(`it is called with ${inputs.length} tensors`);
  }
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const raised = inputs.map((input, index) => raise(layer, input, rank, index));
  const shape = raised.map((input) => input.shape).reduce((a, b) => broadcast(layer, a, b));
  const names = raised.map(({ name }) => name);
  if (opType === 'Max' || opType === 'Min') return { ...first, shape, name: layer.add(opType, names) };
  let name = names[0] ?? '';
  for (const [index, next] of names.slice(1).entries()) {
    const isLast = index === names.length - 2 && !isAverage;
    name = layer.add(opType, [name, next], isLast ? {} : { suffix: `${opType.toLowerCase()}_${index}` });
  }
  if (isAverage) name = layer.add('Div', [name, layer.number('count', names.length)]);
  return { ...first, shape, name };
}

function raise(layer: Layer, input: Value, rank: number, index: number): Value {
  const missing = rank - input.shape.length;
  if (missing === 0) return input;
  const axes = layer.ints(
    `axes_${index}`,
    Array.from({ length: missing }, (_, axis) => axis + 1),
  );
  const name = layer.add('Unsqueeze', [input.name, axes], { suffix: `unsqueeze_${index}` });
  const [batch = null, ...rest] = input.shape;
  return { ...input, name, shape: [batch, ...new Array<Dim>(missing).fill(1), ...rest] };
}

function broadcast(layer: Layer, a: Shape, b: Shape): Shape {
  return a.map((left, axis) => {
    const right = b[axis] ?? null;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    if (typeof left === 'number' && typeof right === 'number') {
      return layer.fail(`its inputs have ${left} and ${right} elements on axis ${axis}`);
    }
    return typeof left === 'number' ? left : typeof right === 'number' ? right : left;
  });
}

export function concatenate(layer: Layer, inputs: readonly Value[], axis: number): Value {
  const [first] = inputs;
  if (first === undefined) return layer.fail('it is called without tensors');
  const rank = first.shape.length;
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank || inputs.some(({ shape }) => shape.length !== rank)) {
    layer.fail(
      `its inputs have ${inputs.map(({ shape }) => shape.length).join(', ')} axes and are joined on axis ${axis}`,
    );
  }
  const shape = first.shape.map((dim, index): Dim => {
    const dims = inputs.map((input) => input.shape[index] ?? null);
    if (index === at) {
      const isKnown = dims.every((item) => typeof item === 'number');
      return isKnown ? dims.reduce<number>((sum, item) => sum + Number(item), 0) : layer.symbol('length');
    }
    const known = dims.filter((item) => typeof item === 'number');
    if (new Set(known).size > 1) layer.fail(`its inputs have ${known.join(', ')} elements on axis ${index}`);
    return known[0] ?? dim;
  });
  if (inputs.length === 1) return first;
  const names = inputs.map(({ name }) => name);
  return { ...first, shape, name: layer.add('Concat', names, { attributes: { axis: int(at) } }) };
}
