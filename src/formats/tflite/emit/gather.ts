// Gather → GATHER, GatherND → GATHER_ND, Where → SELECT_V2, and others that pick elements.

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { countForward } from './indices.ts';
import { axisLength } from './shape-tensor.ts';

export default {
  opTypes: ['Gather', 'GatherND', 'Where', 'TopK', 'OneHot', 'Range', 'CumSum', 'ReverseSequence', 'NonZero'],
  emit(node, emission) {
    const [x = '', y = '', z = ''] = node.inputs;
    const [output = ''] = node.outputs;
    switch (node.opType) {
      case 'Gather': {
        const axis = emission.axis(emission.attribute(node, 'axis', 0), emission.rank(x));
        return emission.give('GATHER', [emission.in(x), positive(emission, y, emission.in(x), axis)], node, {
          axis,
          batchDims: 0,
        });
      }
      case 'GatherND': {
        const batchDims = emission.attribute(node, 'batch_dims', 0);
        if (batchDims !== 0) return gatherRows(node, emission, batchDims);
        const held = emission.ints(y);
        if (held?.some((index) => index < 0)) return emission.refuse('negative indices');
        return emission.give('GATHER_ND', [emission.in(x), emission.asInt32(y)], node);
      }
      case 'Where':
        return emission.give('SELECT_V2', [emission.in(x), emission.in(y), emission.in(z)], node);
      case 'TopK':
        return topK(node, emission);
      case 'OneHot':
        return oneHot(node, emission);
      case 'Range': {
        const scalars = [x, y, z].map((value) => emission.in(value));
        return emission.give('RANGE', scalars, node);
      }
      case 'CumSum': {
        const axis = emission.ints(y);
        if (axis === undefined) return emission.refuse('its axis is not constant');
        const at = emission.axis(axis[0] ?? 0, emission.rank(x));
        return emission.give('CUMSUM', [emission.in(x), emission.int32(at)], node, {
          exclusive: emission.attribute(node, 'exclusive', 0) === 1,
          reverse: emission.attribute(node, 'reverse', 0) === 1,
        });
      }
      case 'ReverseSequence':
        return emission.give('REVERSE_SEQUENCE', [emission.in(x), emission.in(y)], node, {
          seqDim: emission.attribute(node, 'time_axis', 0),
          batchDim: emission.attribute(node, 'batch_axis', 1),
        });
      default: {
        const rank = emission.rank(x);
        const rows = emission.make('WHERE', [emission.in(x)], { dtype: 'int64', shape: [null, rank] });
        const perm = emission.int32([1, 0]);
        emission.out(output);
        return emission.give('TRANSPOSE', [rows, perm], node);
      }
    }
  },
} satisfies Emitter;

/** TFLite's GATHER takes no negative indices. */
export function positive(emission: Emission, indices: string, data: number, axis: number): number {
  const held = emission.constant(indices);
  const dim = emission.tensor(data).shape?.[axis];
  if (held !== undefined) {
    const list = Array.from(held.data as ArrayLike<number | bigint>, Number);
    if (list.some((index) => index < 0)) {
      if (typeof dim !== 'number') {
        const given = emission.asInt32(indices);
        const length = axisLength(emission, data, axis);
        if (list.some((index) => index >= 0)) return countForward(emission, given, length);
        return emission.make('ADD', [given, length], emission.like(given));
      }
      const forward = Int32Array.from(list, (index) => (index < 0 ? index + dim : index));
      return emission.fixed({ dtype: 'int32', dims: held.dims, data: forward });
    }
    return emission.asInt32(indices);
  }
  const given = emission.in(indices);
  if (!emission.mayBeNegative(indices)) return given;
  const { type } = emission.tensor(given);
  const length =
    type === 'int64' && typeof dim === 'number'
      ? emission.number('int64', dim)
      : axisLength(emission, data, axis);
  const numbers = emission.tensor(length).type === type ? given : emission.cast(given, 'int32');
  return countForward(emission, numbers, length);
}

/** One index per row: GATHER has batch axes where GATHER_ND has none. */
function gatherRows(node: Node, emission: Emission, batchDims: number): undefined {
  const [x = '', y = ''] = node.inputs;
  const shape = emission.shape(y);
  if (shape.at(-1) !== 1) return emission.refuse('several indices with batch axes');
  const held = emission.constant(y);
  const flat = held
    ? emission.fixed({ ...held, dims: held.dims.slice(0, -1) }, y)
    : emission.make(
        'SQUEEZE',
        [emission.in(y)],
        emission.like(emission.in(y), { shape: shape.slice(0, -1) }),
        {
          squeezeDims: [shape.length - 1],
        },
      );
  emission.give('GATHER', [emission.in(x), flat], node, { axis: batchDims, batchDims });
}

function topK(node: Node, emission: Emission): undefined {
  const [x = '', k = ''] = node.inputs;
  const [values = '', indices = ''] = node.outputs;
  const count = emission.ints(k)?.[0];
  const rank = emission.rank(x);
  if (emission.axis(emission.attribute(node, 'axis', -1), rank) !== rank - 1)
    return emission.refuse('an axis that is not the last');
  const isLargest = emission.attribute(node, 'largest', 1) === 1;
  const shape = emission.shape(values !== '' ? values : indices);
  const amount = count === undefined ? emission.asInt32(k) : emission.int32(count);
  const scalar =
    count === undefined
      ? emission.make('SQUEEZE', [amount], { dtype: 'int32', shape: [] }, { squeezeDims: [] })
      : amount;
  let input = emission.in(x);
  if (!isLargest) input = emission.make('NEG', [input], emission.like(input));
  const { type } = emission.tensor(input);
  const top = isLargest && values !== '' ? emission.out(values) : emission.temp({ dtype: type, shape });
  const places = emission.temp({ dtype: 'int32', shape });
  emission.op('TOPK_V2', [input, scalar], [top, places]);
  if (!isLargest && values !== '') emission.op('NEG', [top], [emission.out(values)]);
  if (indices !== '')
    emission.op('CAST', [places], [emission.out(indices)], { inDataType: 'INT32', outDataType: 'INT64' });
}

function oneHot(node: Node, emission: Emission): undefined {
  const [indices = '', depth = '', values = ''] = node.inputs;
  const rank = emission.rank(indices) + 1;
  const axis = emission.axis(emission.attribute(node, 'axis', -1), rank);
  const count = emission.ints(depth)?.[0];
  if (count === undefined) return emission.refuse('its depth is not constant');
  const held = emission.constant(values);
  const pair = held ? undefined : emission.in(values);
  const pick = (at: number) =>
    held
      ? emission.fixed({ dtype: held.dtype, dims: [], data: (held.data as Float32Array).slice(at, at + 1) })
      : emission.make(
          'STRIDED_SLICE',
          [pair ?? -1, emission.int32([at]), emission.int32([at + 1]), emission.int32([1])],
          { dtype: emission.tensor(pair ?? -1).type, shape: [] },
          { shrinkAxisMask: 1 },
        );
  // Indices may be any number type, and negative.
  const plain = emission.cast(emission.in(indices), 'int32');
  const index = countForward(emission, plain, emission.int32(count));
  emission.give('ONE_HOT', [index, emission.int32(count), pick(1), pick(0)], node, {
    axis: axis === rank - 1 ? -1 : axis,
  });
}
