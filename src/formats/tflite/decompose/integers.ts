// Arithmetic on integer types whose kernels TFLite does not have is done in wider ones, and the result brought back.

import type { DType } from '../../../graph/dtype.ts';
import { dtypes, isInteger } from '../../../graph/dtype.ts';
import { takes } from '../emit/kernels.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { cast } from '../rewrite/formula.ts';
import { asSigned } from './unsigned-64.ts';

const opcodes: Readonly<Record<string, string>> = {
  Abs: 'ABS',
  Add: 'ADD',
  ArgMax: 'ARG_MAX',
  ArgMin: 'ARG_MIN',
  Clip: 'MAXIMUM',
  CumSum: 'CUMSUM',
  Div: 'DIV',
  Equal: 'EQUAL',
  Greater: 'GREATER',
  GreaterOrEqual: 'GREATER_EQUAL',
  Less: 'LESS',
  LessOrEqual: 'LESS_EQUAL',
  Max: 'MAXIMUM',
  Min: 'MINIMUM',
  Mod: 'FLOOR_MOD',
  Mul: 'MUL',
  Neg: 'NEG',
  PRelu: 'PRELU',
  Pow: 'POW',
  Relu: 'RELU',
  ReduceMax: 'REDUCE_MAX',
  ReduceMean: 'MEAN',
  ReduceMin: 'REDUCE_MIN',
  ReduceProd: 'REDUCE_PROD',
  ReduceSum: 'SUM',
  Range: 'RANGE',
  Sign: 'SIGN',
  Sub: 'SUB',
  TopK: 'TOPK_V2',
};

/** Data inputs; the others say where. */
const dataInputs: Readonly<Record<string, number>> = {
  ReduceMax: 1,
  ReduceMin: 1,
  ReduceSum: 1,
  ReduceMean: 1,
  ReduceProd: 1,
  CumSum: 1,
  TopK: 1,
  ArgMax: 1,
  ArgMin: 1,
};

export default {
  opTypes: Object.keys(opcodes),
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const dtype = build.dtype(x);
    const opcode = opcodes[node.opType] ?? '';
    if (dtype !== 'bool' && (!isInteger(dtype) || dtypes[dtype].bits < 8)) return undefined;
    if (takes(opcode, dtype as never)) return undefined;
    if (dtype === 'uint64') return asSigned(build);
    const isBig = dtype === 'uint32' || dtype === 'int64';
    const order: readonly DType[] = isBig ? ['int64', 'int32', 'float32'] : ['int32', 'float32'];
    const wide = order.find((candidate) => candidate !== dtype && takes(opcode, candidate as never));
    if (wide === undefined) return undefined;
    if (isBig && wide === 'float32') return undefined;
    const count = dataInputs[node.opType] ?? node.inputs.length;
    const inputs = node.inputs.map((value, index) =>
      index < count && value !== '' ? cast(build, value, wide) : value,
    );
    const made = build.addAll(node.opType, inputs, node.outputs.length, Object.fromEntries(node.attributes));
    return made.map((value, index) => {
      const output = node.outputs[index];
      if (output === undefined || output === '' || build.dtype(output) !== dtype) return value;
      return cast(build, value, dtype);
    });
  },
} satisfies Rewrite;
