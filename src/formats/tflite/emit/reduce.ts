// Reductions and ArgMax, ArgMin. https://onnx.ai/onnx/operators/onnx__ReduceMean.html and likewise

import type { Node } from '../../../graph/model.ts';
import { copy } from './copy.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';

const opcodes: Readonly<Record<string, string>> = {
  ReduceMean: 'MEAN',
  ReduceSum: 'SUM',
  ReduceMax: 'REDUCE_MAX',
  ReduceMin: 'REDUCE_MIN',
  ReduceProd: 'REDUCE_PROD',
};

export default {
  opTypes: [...Object.keys(opcodes), 'ArgMax', 'ArgMin'],
  emit(node, emission) {
    const [x = '', given = ''] = node.inputs;
    const rank = emission.rank(x);
    if (node.opType.startsWith('Arg')) return argument(node, emission, rank);
    const keepDims = emission.attribute(node, 'keepdims', 1) === 1;
    const listed =
      given === '' ? emission.attribute(node, 'axes', [] as readonly number[]) : emission.ints(given);
    if (listed === undefined) return emission.refuse('its axes are not constant');
    if (listed.length === 0 && emission.attribute(node, 'noop_with_empty_axes', 0) === 1) {
      return copy(emission, emission.in(x), node);
    }
    const axes =
      listed.length === 0
        ? Array.from({ length: rank }, (_, axis) => axis)
        : listed.map((axis) => emission.axis(axis, rank));
    if (rank === 0) return copy(emission, emission.in(x), node);
    emission.give(
      opcodes[node.opType] ?? '',
      [emission.in(x), emission.int32(axes, `${node.name}/axes`)],
      node,
      { keepDims },
    );
  },
} satisfies Emitter;

function argument(node: Node, emission: Emission, rank: number): undefined {
  const [x = ''] = node.inputs;
  if (emission.attribute(node, 'select_last_index', 0) === 1)
    return emission.refuse('TFLite picks the first of equal elements');
  const axis = emission.axis(emission.attribute(node, 'axis', 0), rank);
  const opcode = node.opType === 'ArgMax' ? 'ARG_MAX' : 'ARG_MIN';
  const inputs = [emission.in(x), emission.int32(axis)];
  const options = { outputType: 'INT64' };
  if (emission.attribute(node, 'keepdims', 1) === 0) return emission.give(opcode, inputs, node, options);
  const shape = emission.shape(x).filter((_, at) => at !== axis);
  const found = emission.make(opcode, inputs, { dtype: 'int64', shape }, options);
  emission.give('EXPAND_DIMS', [found, emission.int32(axis)], node);
}
