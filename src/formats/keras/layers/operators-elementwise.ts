// Operators that work element by element: keras.ops and their TensorFlow counterparts.
// https://keras.io/api/ops/numpy/ and https://keras.io/api/ops/nn/

import { float, int } from '../../../graph/attribute.ts';
import { isFloat } from '../../../graph/dtype.ts';
import { applyNamed } from '../activations.ts';
import type { Layer, LayerFamily, Value } from '../layer.ts';
import { PREFIX } from '../operators/names.ts';
import { argumentOf, broadcast, cast, integers, operand, pairOf, plain } from '../operators/operands.ts';

const X = ['x', 'input', 'features', 'logits', 'tensor', 'x1'];
const PAIR = [
  ['x1', 'x', 'a'],
  ['x2', 'y', 'b'],
];

const BINARY: Readonly<Record<string, string>> = {
  Add: 'Add',
  Subtract: 'Sub',
  Multiply: 'Mul',
  Divide: 'Div',
  Power: 'Pow',
  Maximum: 'Max',
  Minimum: 'Min',
};
const COMPARE: Readonly<Record<string, string>> = {
  Equal: 'Equal',
  NotEqual: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
  LogicalXor: 'Xor',
};
/** On floats, except for those of INTEGER. */
const UNARY: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Negative: 'Neg',
  Exp: 'Exp',
  Log: 'Log',
  Sqrt: 'Sqrt',
  Reciprocal: 'Reciprocal',
  Sin: 'Sin',
  Cos: 'Cos',
  Floor: 'Floor',
  Ceil: 'Ceil',
  Round: 'Round',
  Sign: 'Sign',
  Erf: 'Erf',
  Tan: 'Tan',
  Sinh: 'Sinh',
  Cosh: 'Cosh',
  Arcsin: 'Asin',
  Arccos: 'Acos',
  Arctan: 'Atan',
  Arcsinh: 'Asinh',
  Arccosh: 'Acosh',
  Arctanh: 'Atanh',
};
const INTEGER = new Set(['Abs', 'Negative', 'Sign', 'Square']);
const ACTIVATIONS: Readonly<Record<string, string>> = {
  Tanh: 'tanh',
  Sigmoid: 'sigmoid',
  Softplus: 'softplus',
  Softsign: 'softsign',
  Relu: 'relu',
  Relu6: 'relu6',
  Selu: 'selu',
  Silu: 'silu',
  Gelu: 'gelu',
  HardSigmoid: 'hard_sigmoid',
  HardSilu: 'hard_silu',
  LogSigmoid: 'log_sigmoid',
  Mish: 'mish',
};

const OTHERS: Readonly<Record<string, (layer: Layer) => Value>> = {
  SquaredDifference(layer) {
    const [a, b] = pairOf(layer, PAIR);
    const difference = layer.add('Sub', [a.name, b.name], { suffix: 'difference' });
    const name = layer.add('Mul', [difference, difference]);
    return { ...a, name, shape: broadcast(layer, a.shape, b.shape) };
  },
  Square(layer) {
    const x = subject(layer);
    return { ...x, name: layer.add('Mul', [x.name, x.name]) };
  },
  Rsqrt(layer) {
    const x = subject(layer);
    return { ...x, name: layer.add('Reciprocal', [layer.add('Sqrt', [x.name], { suffix: 'sqrt' })]) };
  },
  Log1p(layer) {
    const x = subject(layer);
    const one = operand(layer, { kind: 'plain', value: 1 }, 'one', x.dtype);
    return { ...x, name: layer.add('Log', [layer.add('Add', [x.name, one.name], { suffix: 'add' })]) };
  },
  Expm1(layer) {
    const x = subject(layer);
    const one = operand(layer, { kind: 'plain', value: 1 }, 'one', x.dtype);
    return { ...x, name: layer.add('Sub', [layer.add('Exp', [x.name], { suffix: 'exp' }), one.name]) };
  },
  FloorDivide: (layer) => divideDown(layer),
  // The sign of the result is the divisor's.
  Mod(layer) {
    const [a, b] = pairOf(layer, PAIR);
    const shape = broadcast(layer, a.shape, b.shape);
    if (!isFloat(a.dtype)) return { ...a, name: layer.add('Mod', [a.name, b.name]), shape };
    const times = layer.add('Mul', [divideDown(layer, 'times').name, b.name], { suffix: 'whole' });
    return { ...a, name: layer.add('Sub', [a.name, times]), shape };
  },
  LogicalNot(layer) {
    const x = operand(layer, argumentOf(layer, 0, ...X), 'x');
    if (x.dtype !== 'bool') layer.refuse(`it is called with ${x.dtype}`);
    return { ...x, name: layer.add('Not', [x.name]) };
  },
  Elu: (layer) => withAlpha(layer, 'Elu', 1),
  LeakyRelu: (layer) => withAlpha(layer, 'LeakyRelu', 0.2),
  Softmax: (layer) => alongAxis(layer, 'Softmax'),
  LogSoftmax: (layer) => alongAxis(layer, 'LogSoftmax'),
  Identity: (layer) => operand(layer, argumentOf(layer, 0, ...X), 'x'),
  Cast(layer) {
    const x = operand(layer, argumentOf(layer, 0, ...X), 'x');
    const dtype = plain(layer, 1, 'dtype');
    const target = x.dtype === dtype ? undefined : dtypes.find((name) => name === dtype);
    if (target === undefined && x.dtype !== dtype) return layer.refuse(`it casts to ${String(dtype)}`);
    return target === undefined ? x : cast(layer, x, target);
  },
  Clip(layer) {
    const x = operand(layer, argumentOf(layer, 0, 'x', 't'), 'x');
    if (x.dtype === 'bool') layer.refuse(`it is called with ${x.dtype}`);
    const least = operand(layer, argumentOf(layer, 1, 'x_min', 'clip_value_min'), 'x_min', x.dtype);
    const most = operand(layer, argumentOf(layer, 2, 'x_max', 'clip_value_max'), 'x_max', x.dtype);
    if ([least, most].some(({ shape, dtype }) => shape.length > 0 || dtype !== x.dtype)) {
      layer.refuse('its limits are not plain numbers');
    }
    return { ...x, name: layer.add('Clip', [x.name, least.name, most.name]) };
  },
  Where(layer) {
    const condition = operand(layer, argumentOf(layer, 0, 'condition'), 'condition');
    if (condition.dtype !== 'bool') layer.refuse(`its condition is ${condition.dtype}`);
    const items = [argumentOf(layer, 1, 'x1', 'x'), argumentOf(layer, 2, 'x2', 'y')];
    const tensor = items.find((item) => item?.kind === 'tensor');
    const dtype = tensor?.kind === 'tensor' ? tensor.tensor.dtype : 'float32';
    const [a, b] = [operand(layer, items[0], 'x1', dtype), operand(layer, items[1], 'x2', dtype)];
    if (a.dtype !== b.dtype) layer.refuse(`its tensors are ${a.dtype} and ${b.dtype}`);
    const shape = broadcast(layer, condition.shape, broadcast(layer, a.shape, b.shape));
    return { ...a, name: layer.add('Where', [condition.name, a.name, b.name]), shape };
  },
};

const dtypes = ['float16', 'float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'uint8', 'bool'] as const;

const tables = [BINARY, COMPARE, UNARY, ACTIVATIONS, OTHERS];

export default {
  classNames: tables.flatMap((table) => Object.keys(table)).map((name) => PREFIX + name),
  keepsDType: true,
  lower(layer) {
    const name = layer.className.slice(PREFIX.length);
    for (const key of ['function', 'node_def', 'constants']) layer.config.get(key);
    const binary = BINARY[name] ?? COMPARE[name];
    if (binary !== undefined) return twoOf(layer, name, binary);
    const unary = UNARY[name];
    if (unary !== undefined) {
      const x = subject(layer, INTEGER.has(name));
      return { ...x, name: layer.add(unary, [x.name]) };
    }
    const activation = ACTIVATIONS[name];
    if (activation !== undefined) return activate(layer, activation);
    return OTHERS[name]?.(layer) ?? layer.fail(`${name} is not known`);
  },
} satisfies LayerFamily;

function twoOf(layer: Layer, name: string, opType: string): Value {
  let [a, b] = pairOf(layer, PAIR);
  const shape = broadcast(layer, a.shape, b.shape);
  if (name === 'Divide' && !isFloat(a.dtype)) {
    [a, b] = [cast(layer, a, 'float32', 'x1_float'), cast(layer, b, 'float32', 'x2_float')];
  }
  // ONNX computes on numbers, and compares anything for equality.
  const isLogical = name.startsWith('Logical');
  const takesBoth = name === 'Equal' || name === 'NotEqual';
  if (!takesBoth && isLogical !== (a.dtype === 'bool')) layer.refuse(`it is called with ${a.dtype}`);
  if (name === 'NotEqual') {
    const same = layer.add('Equal', [a.name, b.name], { suffix: 'equal' });
    return { name: layer.add('Not', [same]), dtype: 'bool', shape };
  }
  const dtype = COMPARE[name] === undefined ? a.dtype : 'bool';
  return { name: layer.add(opType, [a.name, b.name]), dtype, shape };
}

function divideDown(layer: Layer, suffix?: string): Value {
  const [a, b] = pairOf(layer, PAIR);
  if (!isFloat(a.dtype)) return layer.refuse(`it divides ${a.dtype}`);
  const parts = layer.add('Div', [a.name, b.name], { suffix: 'parts' });
  const name = layer.add('Floor', [parts], suffix === undefined ? {} : { suffix });
  return { ...a, name, shape: broadcast(layer, a.shape, b.shape) };
}

/** The only tensor, as floats unless integers are fine. */
function subject(layer: Layer, takesIntegers = false): Value {
  const x = operand(layer, argumentOf(layer, 0, ...X), 'x');
  if (isFloat(x.dtype) || (takesIntegers && x.dtype !== 'bool')) return x;
  return cast(layer, x, 'float32', 'x_float');
}

function activate(layer: Layer, name: string): Value {
  const x = subject(layer);
  if (x.dtype !== layer.dtype) layer.refuse(`it is called with ${x.dtype}`);
  if (name !== 'gelu') return applyNamed(layer, x, name, '');
  // tf.nn.gelu is exact unless told otherwise, keras.ops.gelu is not.
  const isApproximate = plain(layer, 1, 'approximate') ?? layer.config.raw.function === undefined;
  return applyNamed(layer, x, isApproximate === true ? 'gelu_new' : 'gelu', '');
}

function withAlpha(layer: Layer, opType: string, fallback: number): Value {
  const x = subject(layer);
  const alpha = plain(layer, 1, 'negative_slope', 'alpha') ?? fallback;
  if (typeof alpha !== 'number') return layer.fail(`alpha is ${String(alpha)}`);
  return { ...x, name: layer.add(opType, [x.name], { attributes: { alpha: float(alpha) } }) };
}

function alongAxis(layer: Layer, opType: string): Value {
  const x = subject(layer);
  const [axis = -1, ...more] = integers(layer, 1, 'axis') ?? [];
  if (more.length > 0 || axis >= x.shape.length || axis < -x.shape.length)
    layer.refuse('its axis is not one');
  return { ...x, name: layer.add(opType, [x.name], { attributes: { axis: int(axis) } }) };
}
