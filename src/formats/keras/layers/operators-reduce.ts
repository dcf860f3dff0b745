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
  Var: 'ReduceMean',
  Std: 'ReduceMean',
  Any: 'ReduceMax',
  All: 'ReduceMin',
};
const OF_FLOATS = new Set(['Mean', 'Logsumexp', 'Var', 'Std']);
const OF_TRUTHS = new Set(['Any', 'All']);

export default {
  classNames: Object.keys(ROWS).map((name) => PREFIX + name),
  keepsDType: true,
  lower(layer) {
    const name = layer.className.slice(PREFIX.length);
    layer.config.get('function');
    const given = operand(layer, argumentOf(layer, 0, 'x', 'input_tensor'), 'x');
    const isTruth = OF_TRUTHS.has(name);
    if (isTruth !== (given.dtype === 'bool')) layer.refuse(`it is called with ${given.dtype}`);
    const needsFloat = OF_FLOATS.has(name) && !isFloat(given.dtype);
    const dtype = needsFloat ? 'float32' : isTruth ? 'int32' : given.dtype;
    const x = cast(layer, given, dtype, needsFloat ? 'x_float' : 'x_whole');
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
    if (axes.length === 0)
      return OF_FLOATS.has(name) && name !== 'Mean' ? layer.refuse('it has no axes') : given;
    const attributes = { keepdims: int(keeps ? 1 : 0) };
    const inputs = (value: string) => [value, layer.ints('axes', axes)];
    if (name === 'Var' || name === 'Std') {
      const mean = layer.add('ReduceMean', inputs(x.name), {
        suffix: 'mean',
        attributes: { keepdims: int(1) },
      });
      const apart = layer.add('Sub', [x.name, mean], { suffix: 'apart' });
      const square = layer.add('Mul', [apart, apart], { suffix: 'square' });
      const isLast = name === 'Var';
      const spread = layer.add('ReduceMean', inputs(square), {
        attributes,
        ...(isLast ? {} : { suffix: 'variance' }),
      });
      return { ...x, name: isLast ? spread : layer.add('Sqrt', [spread]), shape };
    }
    const options = { attributes, ...(isTruth && { suffix: 'reduced' }) };
    const reduced = { ...x, name: layer.add(ROWS[name] ?? 'ReduceSum', inputs(x.name), options), shape };
    return isTruth ? cast(layer, reduced, 'bool') : reduced;
  },
} satisfies LayerFamily;
