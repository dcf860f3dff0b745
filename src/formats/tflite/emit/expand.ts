// Expand → BROADCAST_TO, Tile → TILE, ConstantOfShape → FILL, Shape → SHAPE, Size.

import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { shapeOf, shapeTensor } from './shape-tensor.ts';

export default {
  opTypes: ['Expand', 'Tile', 'ConstantOfShape', 'Shape', 'Size'],
  emit(node, emission) {
    const [x = '', amount = ''] = node.inputs;
    const [y = ''] = node.outputs;
    switch (node.opType) {
      case 'Expand': {
        const input = emission.in(x);
        const target = emission.type(y).shape;
        // FILL's size is settled when the model is loaded, that of BROADCAST_TO, through MAXIMUM, only when it runs.
        const one = emission.constant(x);
        const [count] = emission.shape(amount);
        const isOpen = target?.some((dim) => typeof dim !== 'number') ?? true;
        if (isOpen && one?.data.length === 1 && one.dims.length <= Number(count ?? -1)) {
          const value = emission.fixed({ ...one, dims: [] });
          return emission.give('FILL', [emission.in(amount), value], node);
        }
        return emission.give('BROADCAST_TO', [input, expanded(emission, input, target, amount)], node);
      }
      case 'Tile':
        return emission.give('TILE', [emission.in(x), emission.asInt32(amount)], node);
      case 'ConstantOfShape': {
        const value = node.attributes.get('value');
        const { dtype, data } =
          value?.type === 'tensor' ? value.value : { dtype: 'float32' as const, data: Float32Array.of(0) };
        const shape = emission.asInt32(x);
        return emission.give('FILL', [shape, emission.fixed({ dtype, dims: [], data })], node);
      }
      case 'Size': {
        const input = emission.in(x);
        const shape = shapeOf(emission, input);
        const size = emission.make(
          'REDUCE_PROD',
          [shape, emission.int32([0])],
          { dtype: 'int32', shape: [] },
          { keepDims: false },
        );
        return emission.give('CAST', [size], node, { inDataType: 'INT32', outDataType: 'INT64' });
      }
      default: {
        const input = emission.in(x);
        const rank = emission.rank(x);
        const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
        const start = clamp(emission.attribute(node, 'start', 0));
        const end = clamp(emission.attribute(node, 'end', rank));
        if (start === 0 && end === rank && !emission.graph.outputs.includes(y)) {
          return emission.give('SHAPE', [input], node, { outType: 'INT64' });
        }
        const whole = emission.make(
          'SHAPE',
          [input],
          { dtype: 'int64', shape: [rank] },
          { outType: 'INT64' },
        );
        const length = Math.max(0, end - start);
        if (length === rank) {
          // SHAPE is worked out when the model is loaded, into memory the caller of the model does not see.
          const zero = emission.number('int64', 0);
          return emission.give('ADD', [whole, zero], node);
        }
        return emission.give('SLICE', [whole, emission.int32([start]), emission.int32([length])], node);
      }
    }
  },
} satisfies Emitter;

/** The shape both sides broadcast to: −1 and 1 in the amount keep what the value has. */
function expanded(
  emission: Emission,
  input: number,
  target: ReturnType<Emission['type']>['shape'],
  amount: string,
): number {
  if (target?.every((dim) => typeof dim === 'number')) return shapeTensor(emission, target, [input], false);
  const rank = emission.tensor(input).shape?.length;
  const [count] = emission.shape(amount);
  const wanted = emission.asInt32(amount);
  if (rank === undefined || typeof count !== 'number')
    return emission.refuse('the number of axes is not known');
  const length = Math.max(rank, count);
  const pad = (tensor: number, have: number) =>
    have === length
      ? tensor
      : emission.make(
          'CONCATENATION',
          [emission.int32(new Array<number>(length - have).fill(1)), tensor],
          { dtype: 'int32', shape: [length] },
          { axis: 0 },
        );
  const own = pad(shapeOf(emission, input), rank);
  return emission.make('MAXIMUM', [own, pad(wanted, count)], { dtype: 'int32', shape: [length] });
}
