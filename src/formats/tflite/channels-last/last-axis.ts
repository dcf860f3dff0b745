// Operators TFLite has for the last axis only: the axis is moved there and back.
// https://onnx.ai/onnx/operators/onnx__Softmax.html, …LogSoftmax, …TopK

import type { Rewrite } from '../rewrite/definition.ts';
import { toFirst, toLast } from './window.ts';

const builtins: Readonly<
  Record<string, { readonly opcode: string; readonly options: Record<string, number> }>
> = {
  Softmax: { opcode: 'SOFTMAX', options: { beta: 1 } },
  LogSoftmax: { opcode: 'LOG_SOFTMAX', options: {} },
};

export default {
  opTypes: [...Object.keys(builtins), 'TopK'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const rank = build.shape(x).length;
    const axis = build.axis(build.attribute('axis', -1), rank);
    const builtin = builtins[node.opType];
    if (builtin === undefined) {
      if (axis === rank - 1) return undefined;
      const perm = swap(rank, axis);
      const moved = build.transpose(x, perm);
      const rest = Object.fromEntries([...node.attributes].filter(([name]) => name !== 'axis'));
      const [values = '', indices = ''] = build.addAll('TopK', [moved, build.input(1)], 2, {
        ...rest,
        axis: -1,
      });
      return [build.transpose(values, perm), build.transpose(indices, perm)];
    }
    const { opcode, options } = builtin;
    const [y = ''] = node.outputs;
    if (axis === rank - 1 || rank === 0) return [build.tflite(opcode, [x], options, build.type(y))];
    const isChannels = axis === 1 && rank > 2;
    const there = isChannels ? toLast(rank) : swap(rank, axis);
    const back = isChannels ? toFirst(rank) : there;
    const made = build.tflite(opcode, [build.transpose(x, there)], options, build.permuted(y, there));
    return [build.transpose(made, back)];
  },
} satisfies Rewrite;

function swap(rank: number, axis: number): number[] {
  return Array.from({ length: rank }, (_, at) => (at === axis ? rank - 1 : at === rank - 1 ? axis : at));
}
