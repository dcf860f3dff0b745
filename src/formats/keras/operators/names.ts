// Functions called on tensors between layers. TensorFlow's names, in the three ways Keras 2 wrote them, are said here
// in the words of keras.ops, which Keras 3 uses.
// https://keras.io/api/ops/ and https://www.tensorflow.org/api_docs/python/tf

import { isRecord } from '../json-shape.ts';

/** In front of the names of operators among class names: `ops.Add` is the function, `Add` the layer. */
export const PREFIX = 'ops.';

type Json = Readonly<Record<string, unknown>>;

/** `ops.Multiply`, for something unknown the function's own name; undefined when the layer is no operator. */
export function operatorName({ class_name: className, module, config }: Json): string | undefined {
  if (typeof className !== 'string') return undefined;
  const written = isRecord(config) ? config : {};
  if (className === 'TFOpLambda' || className === 'SlicingOpLambda') {
    const name = String(written.function ?? className).replace(/^compat\.v1\./, '');
    return PREFIX + (FUNCTIONS.get(name) ?? `tf.${name}`);
  }
  if (className === 'TensorFlowOpLayer') {
    const op = isRecord(written.node_def) ? String(written.node_def.op) : className;
    return PREFIX + (NODES.get(op) ?? `tf.raw_ops.${op}`);
  }
  const isOperation = typeof module === 'string' && /^keras(\.src)?\.ops(\.|$)/.test(module);
  return isOperation ? PREFIX + (SYNONYMS.get(className) ?? className) : undefined;
}

const SYNONYMS = new Map([
  ['Absolute', 'Abs'],
  ['TrueDivide', 'Divide'],
  ['Amax', 'Max'],
  ['Amin', 'Min'],
  ['HardSwish', 'HardSilu'],
  ['Swish', 'Silu'],
  ['Remainder', 'Mod'],
]);

/** `Add: math.add __operators__.add` and so on, one a line. */
function table(text: string): Map<string, string> {
  const pairs = text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [name = '', ...others] = line.trim().split(/:?\s+/);
      return others.map((other): [string, string] => [other, name]);
    });
  return new Map(pairs);
}

const FUNCTIONS = table(`
  Add: math.add __operators__.add
  Subtract: math.subtract subtract
  Multiply: math.multiply multiply
  Divide: math.truediv math.divide truediv divide
  Power: math.pow pow
  Maximum: math.maximum maximum
  Minimum: math.minimum minimum
  SquaredDifference: math.squared_difference
  Equal: math.equal __operators__.eq
  NotEqual: math.not_equal __operators__.ne
  Greater: math.greater
  GreaterEqual: math.greater_equal
  Less: math.less
  LessEqual: math.less_equal
  LogicalAnd: math.logical_and
  LogicalOr: math.logical_or
  LogicalNot: math.logical_not
  Abs: math.abs abs
  Negative: math.negative negative
  Exp: math.exp exp
  Log: math.log
  Log1p: math.log1p
  Sqrt: math.sqrt sqrt
  Rsqrt: math.rsqrt
  Square: math.square square
  Reciprocal: math.reciprocal
  Sin: math.sin sin
  Cos: math.cos cos
  Floor: math.floor floor
  Ceil: math.ceil
  Round: math.round round
  Sign: math.sign sign
  Erf: math.erf
  Tanh: math.tanh tanh nn.tanh
  Sigmoid: math.sigmoid sigmoid nn.sigmoid
  Softplus: math.softplus nn.softplus
  Softsign: nn.softsign
  Relu: nn.relu
  Relu6: nn.relu6
  Elu: nn.elu
  Selu: nn.selu
  Silu: nn.silu nn.swish
  Gelu: nn.gelu
  LeakyRelu: nn.leaky_relu
  Softmax: nn.softmax
  LogSoftmax: nn.log_softmax
  Identity: identity stop_gradient
  Mean: math.reduce_mean reduce_mean
  Sum: math.reduce_sum reduce_sum
  Max: math.reduce_max reduce_max
  Min: math.reduce_min reduce_min
  Prod: math.reduce_prod reduce_prod
  Logsumexp: math.reduce_logsumexp
  Reshape: reshape
  Transpose: transpose
  ExpandDims: expand_dims
  Squeeze: squeeze
  Concatenate: concat
  Stack: stack
  Cast: cast
  Clip: clip_by_value
  Where: where where_v2
  Matmul: linalg.matmul matmul
  GetItem: __operators__.getitem
  Tile: tile
  Repeat: repeat
  Pad: pad
  Flip: reverse
  BroadcastTo: broadcast_to
  Split: split
  Unstack: unstack
  Take: gather
  OneHot: one_hot
  Argmax: math.argmax argmax
  Argmin: math.argmin argmin
  ZerosLike: zeros_like
  OnesLike: ones_like
  Cumsum: math.cumsum cumsum
  Var: math.reduce_variance
  Std: math.reduce_std
  Any: math.reduce_any reduce_any
  All: math.reduce_all reduce_all
  L2Normalize: math.l2_normalize nn.l2_normalize
  Expm1: math.expm1
  Tan: math.tan tan
  Sinh: math.sinh sinh
  Cosh: math.cosh cosh
  Arcsin: math.asin asin
  Arccos: math.acos acos
  Arctan: math.atan atan
  Arcsinh: math.asinh asinh
  Arccosh: math.acosh acosh
  Arctanh: math.atanh atanh
  LogSigmoid: math.log_sigmoid
  FloorDivide: math.floordiv floordiv
  Mod: math.floormod math.mod
  LogicalXor: math.logical_xor
`);

/** Operators of a TensorFlow graph whose attributes change nothing. */
const NODES = table(`
  Add: Add AddV2
  Subtract: Sub
  Multiply: Mul
  Divide: RealDiv
  Power: Pow
  Maximum: Maximum
  Minimum: Minimum
  SquaredDifference: SquaredDifference
  Abs: Abs
  Negative: Neg
  Exp: Exp
  Log: Log
  Log1p: Log1p
  Sqrt: Sqrt
  Rsqrt: Rsqrt
  Square: Square
  Reciprocal: Reciprocal
  Sin: Sin
  Cos: Cos
  Floor: Floor
  Ceil: Ceil
  Sign: Sign
  Erf: Erf
  Tanh: Tanh
  Sigmoid: Sigmoid
  Softplus: Softplus
  Softsign: Softsign
  Relu: Relu
  Relu6: Relu6
  Elu: Elu
  Selu: Selu
  Identity: Identity StopGradient
`);
