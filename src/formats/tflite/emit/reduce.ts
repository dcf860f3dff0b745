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
    const opcode = opcodes[node.opType] ?? '';
    if (isLong(emission, x, opcode, axes)) return byAxis(node, emission, opcode, axes, keepDims);
    emission.give(opcode, [emission.in(x), emission.int32(axes, `${node.name}/axes`)], node, { keepDims });
  },
} satisfies Emitter;

/** Elements from which on a sum in one go loses digits: the kernels add one by one in float32. */
const LONG = 4096;

function isLong(emission: Emission, x: string, opcode: string, axes: readonly number[]): boolean {
  const { dtype, shape } = emission.type(x);
  if (dtype !== 'float32' || (opcode !== 'MEAN' && opcode !== 'SUM') || axes.length < 2) return false;
  const count = axes.reduce((product, axis) => product * Number(shape?.[axis]), 1);
  return count > LONG;
}

/** One axis after the other, so that no sum is longer than an axis. */
function byAxis(
  node: Node,
  emission: Emission,
  opcode: string,
  axes: readonly number[],
  keepDims: boolean,
): undefined {
  const order = [...axes].sort((a, b) => b - a);
  const last = order.pop() ?? 0;
  let tensor = emission.in(node.inputs[0] ?? '');
  for (const axis of order) {
    const { type, shape } = emission.tensor(tensor);
    const left = keepDims ? shape?.with(axis, 1) : shape?.filter((_, at) => at !== axis);
    tensor = emission.make(
      opcode,
      [tensor, emission.int32([axis])],
      { dtype: type, shape: left },
      { keepDims },
    );
  }
  emission.give(opcode, [tensor, emission.int32([last])], node, { keepDims });
}

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
