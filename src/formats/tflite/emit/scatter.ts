// ScatterND and ScatterElements → SCATTER_ND, which writes into zeros: a second one says where to take its result.
// GatherElements → GATHER within rows.
// https://onnx.ai/onnx/operators/onnx__ScatterElements.html, …ScatterND, …GatherElements

import type { Node, Shape } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { countForward } from './indices.ts';
import { axisLength, shapeOf, shapeTensor } from './shape-tensor.ts';

export default {
  opTypes: ['ScatterND', 'ScatterElements', 'GatherElements'],
  emit(node, emission) {
    const [data = '', indices = '', updates = ''] = node.inputs;
    const rank = emission.rank(data);
    if (node.opType === 'GatherElements') return gatherElements(node, emission, rank);
    const input = emission.in(data);
    const shape = shapeOf(emission, input);
    const axis = emission.axis(emission.attribute(node, 'axis', 0), rank);
    const places =
      node.opType === 'ScatterND'
        ? emission.asInt32(indices)
        : coordinates(emission, indices, input, axis, rank);
    const values = emission.in(updates);
    const like = emission.like(input);
    const spread = emission.make('SCATTER_ND', [places, values, shape], like);
    const reduction = emission.attribute(node, 'reduction', 'none');
    if (reduction === 'add') return emission.give('ADD', [input, spread], node);
    if (reduction !== 'none') return emission.refuse(`the reduction ${reduction}`);
    const size = shapeTensor(emission, emission.shape(updates), [values], false);
    const ones = emission.make('FILL', [size, emission.int32(1)], {
      dtype: 'int32',
      shape: emission.shape(updates),
    });
    const marks = emission.make(
      'SCATTER_ND',
      [places, ones, shape],
      emission.like(input, { dtype: 'int32' }),
    );
    const isWritten = emission.make(
      'GREATER',
      [marks, emission.int32(0)],
      emission.like(input, { dtype: 'bool' }),
    );
    emission.give('SELECT_V2', [isWritten, spread, input], node);
  },
} satisfies Emitter;

/** Indices along one axis with the positions along the others beside them, which running sums of ones count. */
function coordinates(emission: Emission, indices: string, data: number, axis: number, rank: number): number {
  const own = wrapped(emission, indices, data, axis);
  const shape = emission.shape(indices);
  const like = { dtype: 'int32', shape } as const;
  const zeros = emission.make('MUL', [own, emission.int32(0)], like);
  const ones = emission.make('ADD', [zeros, emission.int32(1)], like);
  const parts = Array.from({ length: rank }, (_, at) =>
    at === axis
      ? own
      : emission.make('CUMSUM', [ones, emission.int32(at)], like, { exclusive: true, reverse: false }),
  );
  const packed: Shape = [...shape, rank];
  return emission.make('PACK', parts, { dtype: 'int32', shape: packed }, { valuesCount: rank, axis: rank });
}

/** As int32, those from the end counted from the front. */
function wrapped(emission: Emission, indices: string, data: number, axis: number): number {
  const plain = emission.asInt32(indices);
  if (!emission.mayBeNegative(indices)) return plain;
  return countForward(emission, plain, axisLength(emission, data, axis));
}

function gatherElements(node: Node, emission: Emission, rank: number): undefined {
  const [data = '', indices = ''] = node.inputs;
  const axis = emission.axis(emission.attribute(node, 'axis', 0), rank);
  const shape = emission.shape(indices);
  const source = emission.shape(data);
  const last = rank - 1;
  const order = shape.map((_, at) => (at === axis ? last : at === last ? axis : at));
  const turn = (tensor: number) => {
    if (axis === last) return tensor;
    const { type, shape: own } = emission.tensor(tensor);
    const turned = order.map((at) => own?.[at] ?? null);
    return emission.make('TRANSPOSE', [tensor, emission.int32(order)], { dtype: type, shape: turned });
  };
  let input = emission.in(data);
  const isSame = shape.every((dim, at) => at === axis || (dim !== null && dim === source[at]));
  if (!isSame) {
    const fixed = shape.every((dim) => typeof dim === 'number') ? (shape as readonly number[]) : undefined;
    if (fixed === undefined)
      return emission.refuse('fewer indices than elements, over axes of unknown length');
    const size = fixed.map((dim, at) => (at === axis ? -1 : dim));
    const cut = shape.with(axis, source[axis] ?? null);
    input = emission.make(
      'SLICE',
      [input, emission.int32(size.map(() => 0)), emission.int32(size)],
      emission.like(input, { shape: cut }),
    );
  }
  const picked = wrapped(emission, indices, input, axis);
  const inputs = [turn(input), turn(picked)];
  const options = { axis: last, batchDims: last };
  if (axis === last) return emission.give('GATHER', inputs, node, options);
  const made = emission.make(
    'GATHER',
    inputs,
    emission.like(inputs[1] ?? -1, { dtype: emission.tensor(input).type }),
    options,
  );
  emission.give('TRANSPOSE', [made, emission.int32(order)], node);
}
