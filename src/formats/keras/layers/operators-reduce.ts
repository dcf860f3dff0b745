// Operators that take one number from many: sums, means, extremes.
// https://keras.io/api/ops/numpy/

import { int } from '../../../graph/attribute.ts';
import { isFloat } from '../../../graph/dtype.ts';
import type { Dim } from '../../../graph/model.ts';
import type { LayerFamily } from '../layer.ts';
import { PREFIX } from '../operators/names.ts';
import { argumentOf, axesIn, cast, flag, integers, operand } from '../operators/operands.ts';

const ROWS: Readonly<Record<string, string>> = {
  Mean: 'ReduceMean',
  Sum: 'ReduceSum',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
  Logsumexp: 'ReduceLogSumExp',
};

export default {
  classNames: Object.keys(ROWS).map((name) => PREFIX + name),
  keepsDType: true,
  lower(layer) {
    const name = layer.className.slice(PREFIX.length);
    layer.config.get('function');
    const given = operand(layer, argumentOf(layer, 0, 'x', 'input_tensor'), 'x');
    const needsFloat = (name === 'Mean' || name === 'Logsumexp') && !isFloat(given.dtype);
    if (given.dtype === 'bool') layer.refuse(`it is called with ${given.dtype}`);
    const x = needsFloat ? cast(layer, given, 'float32', 'x_float') : given;
    // keras.ops.max may start from a number of its own; its argument comes after keepdims.
    if ((layer.config.get('initial') ?? null) !== null) layer.refuse('it starts from a number of its own');
    const rank = x.shape.length;
    const axes = axesIn(layer, integers(layer, 1, 'axis') ?? [...x.shape.keys()], rank);
    const keeps = flag(layer, 2, 'keepdims', 'keep_dims');
    const shape = x.shape.flatMap((dim, axis): Dim[] => {
      if (!axes.includes(axis)) return [dim];
      return keeps ? [1] : [];
    });
    // No axes at all change nothing here, while ONNX would take all.
    if (axes.length === 0) return x;
    const attributes = { keepdims: int(keeps ? 1 : 0) };
    const reduced = layer.add(ROWS[name] ?? 'ReduceSum', [x.name, layer.ints('axes', axes)], { attributes });
    return { ...x, name: reduced, shape };
  },
} satisfies LayerFamily;
