// Pad → PAD, PADV2 or MIRROR_PAD; negative pads cut. https://onnx.ai/onnx/operators/onnx__Pad.html

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['Pad'],
  emit(node, emission) {
    const [x = '', pads = '', fill = '', axesGiven = ''] = node.inputs;
    const rank = emission.rank(x);
    const axes =
      axesGiven === '' ? Array.from({ length: rank }, (_, axis) => axis) : emission.ints(axesGiven);
    const list = emission.ints(pads);
    const mode = emission.attribute(node, 'mode', 'constant');
    if (axes === undefined) return emission.refuse('its axes are not constant');
    if (list === undefined) return dynamic(node, emission, axes.length === rank && axesGiven === '', mode);
    const pairs = new Array<number>(2 * rank).fill(0);
    for (const [index, given] of axes.entries()) {
      const axis = emission.axis(given, rank);
      pairs[2 * axis] = list[index] ?? 0;
      pairs[2 * axis + 1] = list[index + axes.length] ?? 0;
    }
    if (mode === 'wrap') return emission.refuse('TFLite does not pad by wrapping around');
    const input = pairs.some((pad) => pad < 0) ? cut(emission, emission.in(x), pairs) : emission.in(x);
    const amounts = emission.fixed(
      { dtype: 'int32', dims: [rank, 2], data: Int32Array.from(pairs, (pad) => Math.max(0, pad)) },
      `${node.name}/pads`,
    );
    if (mode !== 'constant') {
      return emission.give('MIRROR_PAD', [input, amounts], node, {
        mode: mode === 'reflect' ? 'REFLECT' : 'SYMMETRIC',
      });
    }
    const held = emission.constant(fill);
    if (fill === '' || (held !== undefined && Number(held.data[0]) === 0))
      return emission.give('PAD', [input, amounts], node);
    emission.give('PADV2', [input, amounts, scalar(emission, fill)], node);
  },
} satisfies Emitter;

function scalar(emission: Emission, value: string): number {
  const held = emission.constant(value);
  return held === undefined ? emission.in(value) : emission.fixed({ ...held, dims: [] });
}

function cut(emission: Emission, tensor: number, pairs: readonly number[]): number {
  const { shape, type } = emission.tensor(tensor);
  if (shape === undefined) return emission.refuse('the number of axes of a value is not known');
  const begin = shape.map((_, axis) => Math.max(0, -(pairs[2 * axis] ?? 0)));
  const end = shape.map((_, axis) => Math.min(0, pairs[2 * axis + 1] ?? 0));
  const endMask = end.reduce((mask, at, axis) => (at === 0 ? mask | (1 << axis) : mask), 0);
  const inputs = [begin, end, shape.map(() => 1)].map((list) => emission.int32(list));
  const left = shape.map((dim, axis) =>
    typeof dim === 'number' ? dim - (begin[axis] ?? 0) + (end[axis] ?? 0) : null,
  );
  return emission.make(
    'STRIDED_SLICE',
    [tensor, ...inputs],
    { dtype: type, shape: left },
    { beginMask: 0, endMask },
  );
}

function dynamic(node: Node, emission: Emission, isAll: boolean, mode: string): undefined {
  const [x = '', pads = '', fill = ''] = node.inputs;
  const rank = emission.rank(x);
  if (!isAll || mode !== 'constant') return emission.refuse('its pads are not constant');
  const rows = emission.make('RESHAPE', [emission.asInt32(pads), emission.int32([2, rank])], {
    dtype: 'int32',
    shape: [2, rank],
  });
  const pairs = emission.make('TRANSPOSE', [rows, emission.int32([1, 0])], {
    dtype: 'int32',
    shape: [rank, 2],
  });
  if (fill === '') return emission.give('PAD', [emission.in(x), pairs], node);
  emission.give('PADV2', [emission.in(x), pairs, scalar(emission, fill)], node);
}
