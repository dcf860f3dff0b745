// Folds time into the batch around something that knows only samples, and unfolds what it gives.

import { int } from '../../../graph/attribute.ts';
import type { Dim, Shape } from '../../../graph/model.ts';
import type { Layer, Value } from '../layer.ts';

/** The input with time folded into the batch; what was unfolded just before is taken as it was. */
export function fold(layer: Layer, input: Value): Value {
  if (input.folded?.of === input.name) return input.folded.value;
  const [batch = null, time = null, ...rest] = input.shape;
  const isCounted = typeof batch === 'number' && typeof time === 'number';
  const samples: Dim = isCounted ? batch * time : layer.symbol('steps');
  const name = layer.add('Reshape', [input.name, foldedShape(layer, input, rest)], { suffix: 'fold' });
  return { name, dtype: input.dtype, shape: [samples, ...rest] };
}

/** The output with the batch and time of `input`; the node is called `suffix`. */
export function unfold(layer: Layer, input: Value, output: Value, suffix: string): Value {
  const [batch = null, time = null] = input.shape;
  const tail = output.shape.slice(1);
  const shape = unfoldedShape(layer, input, output, tail, suffix === '' ? 'unfold' : suffix);
  const name = layer.add('Reshape', [output.name, shape], { suffix });
  const folded = { of: name, value: output };
  return { name, dtype: output.dtype, shape: [batch, time, ...tail], folded };
}

function foldedShape(layer: Layer, input: Value, rest: Shape): string {
  if (isKnown(rest)) return layer.ints('fold_shape', [-1, ...rest]);
  return joined(layer, 'fold', layer.ints('any', [-1]), tailOf(layer, input.name, 2, 'fold'));
}

function unfoldedShape(layer: Layer, input: Value, output: Value, tail: Shape, label: string): string {
  const [batch, time] = input.shape;
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

export function isKnown(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}
