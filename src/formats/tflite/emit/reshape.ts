// Reshape, Flatten, Squeeze, Unsqueeze: all of them RESHAPE, with a constant shape wherever the result's is known.

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { isNeverZero } from './lengths.ts';
import { packLengths, pick, shapeOf, shapeTensor } from './shape-tensor.ts';

export default {
  opTypes: ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'],
  emit(node, emission) {
    const [x = '', shape = ''] = node.inputs;
    const input = emission.in(x);
    const target = emission.type(node.outputs[0] ?? '').shape;
    const source = emission.type(x).shape;
    const open = target?.filter((dim) => typeof dim !== 'number').length ?? 2;
    if (target?.length === 0) return emission.give('SQUEEZE', [input], node, { squeezeDims: [] });
    if (target !== undefined && open <= 1 && !(open === 1 && target.includes(0))) {
      return emission.give('RESHAPE', [input, shapeTensor(emission, target, [input], true)], node);
    }
    if (node.opType === 'Reshape') return dynamic(node, emission, input, shape);
    if (node.opType === 'Unsqueeze') {
      const axes = emission.ints(shape) ?? emission.refuse('axes that are not constant');
      const [axis = 0] = axes;
      if (axes.length === 1) return emission.give('EXPAND_DIMS', [input, emission.int32(axis)], node);
    }
    if (node.opType === 'Squeeze' && source !== undefined) {
      const given = shape === '' ? undefined : emission.ints(shape);
      const axes = given?.map((axis) => emission.axis(axis, source.length));
      if (axes !== undefined) return emission.give('SQUEEZE', [input], node, { squeezeDims: axes });
    }
    if (target === undefined) return emission.refuse('the number of axes of its result is not known');
    if (node.opType === 'Flatten' && source !== undefined)
      return flatten(node, emission, input, source.length);
    emission.give('RESHAPE', [input, shapeTensor(emission, target, [input], true)], node);
  },
} satisfies Emitter;

/** A shape computed when the model runs; 0 in it means the length that axis has. */
function dynamic(node: Node, emission: Emission, input: number, shape: string): undefined {
  const held = emission.ints(shape);
  const source = emission.type(node.inputs[0] ?? '').shape;
  const allowsZero = emission.attribute(node, 'allowzero', 0) === 1;
  if (held !== undefined) {
    const zeros = held.flatMap((length, axis) => (length === 0 && !allowsZero ? [axis] : []));
    if (zeros.length === 0)
      return emission.give('RESHAPE', [input, emission.int32(held, `${node.name}/shape`)], node);
    const target = held.map((length, axis) => (length === 0 ? (source?.[axis] ?? null) : length));
    const isOpen = target.map((dim) => (dim === -1 ? null : dim));
    const open = isOpen.filter((dim) => dim === null);
    if (open.length > 1) return emission.refuse('the size of its result is not known');
    const packed = packLengths(
      emission,
      held.map((length, axis) => (length === 0 && !allowsZero ? { tensor: input, axis } : length)),
    );
    return emission.give('RESHAPE', [input, packed], node);
  }
  const sizes = emission.asInt32(shape);
  if (allowsZero || isNeverZero(emission, shape)) return emission.give('RESHAPE', [input, sizes], node);
  const [count] = emission.shape(shape);
  if (typeof count !== 'number' || source === undefined)
    return emission.give('RESHAPE', [input, sizes], node);
  const own = shapeOf(emission, input);
  const vector = { dtype: 'int32', shape: [count] } as const;
  let lengths = own;
  if (source.length > count) {
    lengths = emission.make('SLICE', [own, emission.int32([0]), emission.int32([count])], vector);
  } else if (source.length < count) {
    const ones = emission.int32(new Array<number>(count - source.length).fill(1));
    lengths = emission.make('CONCATENATION', [own, ones], vector, {
      axis: 0,
    });
  }
  const isZero = emission.make('EQUAL', [sizes, emission.int32(0)], { dtype: 'bool', shape: [count] });
  const target = emission.make('SELECT_V2', [isZero, lengths, sizes], vector);
  emission.give('RESHAPE', [input, target], node);
}

function flatten(node: Node, emission: Emission, input: number, rank: number): undefined {
  const axis = emission.axis(emission.attribute(node, 'axis', 1), rank);
  const shape = shapeOf(emission, input);
  const side = (from: number, to: number) => {
    const part = pick(emission, shape, from, to);
    return emission.make(
      'REDUCE_PROD',
      [part, emission.int32([0])],
      { dtype: 'int32', shape: [1] },
      { keepDims: true },
    );
  };
  const rows = side(0, axis);
  const target = emission.make(
    'CONCATENATION',
    [rows, emission.int32([-1])],
    { dtype: 'int32', shape: [2] },
    { axis: 0 },
  );
  emission.give('RESHAPE', [input, target], node);
}
