// Element-wise TFLite operators as graphs, beside LiteRT.

import { describe, it } from 'vitest';
import { type Case, expectLikeLitert, float, ints, quantized } from './lower-build.ts';
import { expectSteps } from './lower-steps.ts';

const shape = [2, 3, 4];
const out = (dims: readonly number[] = shape) => [{ shape: dims }];
const like = (type: 'bool' | 'int32', dims: readonly number[] = shape) => [{ type, shape: dims }] as const;
const integer = (values: readonly number[], dims: readonly number[] = [values.length]) =>
  ({ type: 'int32', shape: dims, values }) as const;
const truth = (values: readonly number[]) => ({ type: 'bool', shape: [values.length], values }) as const;
const positive = { shape, values: Array.from({ length: 24 }, (_, index) => 0.1 + index / 7) };

const cases: Record<string, Case> = {};
for (const opcode of ['ADD', 'SUB', 'MUL', 'DIV']) {
  for (const fusedActivationFunction of ['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1']) {
    cases[`${opcode} with ${fusedActivationFunction}`] = {
      opcode,
      options: { fusedActivationFunction },
      inputs: [float(shape), positive],
      outputs: out(),
    };
  }
  cases[`${opcode} of shapes that broadcast`] = {
    opcode,
    options: { fusedActivationFunction: 'NONE' },
    inputs: [float(shape), { shape: [4], values: [0.5, -2, 3, 1] }],
    outputs: out(),
  };
}
for (const opcode of ['MAXIMUM', 'MINIMUM', 'SQUARED_DIFFERENCE', 'FLOOR_DIV', 'FLOOR_MOD', 'ATAN2'])
  cases[opcode] = { opcode, inputs: [float(shape), float(shape, 2)], outputs: out() };
cases.POW = { opcode: 'POW', inputs: [positive, float(shape)], outputs: out() };
for (const opcode of ['FLOOR_DIV', 'FLOOR_MOD', 'DIV'])
  cases[`${opcode} of integers`] = {
    opcode,
    version: 2,
    inputs: [integer([7, -7, 7, -7, 6, 0]), integer([2, 2, -2, -2, 3, 5])],
    outputs: like('int32', [6]),
  };
for (const opcode of ['EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'])
  cases[opcode] = {
    opcode,
    inputs: [integer([1, 2, 3, 4]), integer([2, 2, 2, 5])],
    outputs: like('bool', [4]),
  };
for (const opcode of ['LOGICAL_AND', 'LOGICAL_OR'])
  cases[opcode] = { opcode, inputs: [truth([0, 0, 1, 1]), truth([0, 1, 0, 1])], outputs: like('bool', [4]) };
cases.LOGICAL_NOT = { opcode: 'LOGICAL_NOT', inputs: [truth([0, 1, 1])], outputs: like('bool', [3]) };
cases.RIGHT_SHIFT = {
  opcode: 'RIGHT_SHIFT',
  inputs: [integer([-9, 9, 1024, -1]), integer([1, 1, 3, 31])],
  outputs: like('int32', [4]),
};
cases.BITWISE_XOR = {
  opcode: 'BITWISE_XOR',
  inputs: [integer([5, -3, 0]), integer([3, 7, -1])],
  outputs: like('int32', [3]),
};
const unary =
  'ABS NEG EXP SIN COS FLOOR CEIL ROUND SIGN LOGISTIC TANH SQUARE RELU RELU6 RELU_N1_TO_1 RELU_0_TO_1 ELU HARD_SWISH';
for (const opcode of unary.split(' '))
  cases[opcode] = {
    opcode,
    inputs: [{ shape: [8], values: [-7.5, -3.2, -1.5, -0.5, 0, 0.5, 2.5, 6.6] }],
    outputs: out([8]),
  };
for (const opcode of ['LOG', 'SQRT', 'RSQRT']) cases[opcode] = { opcode, inputs: [positive], outputs: out() };
cases.LEAKY_RELU = {
  opcode: 'LEAKY_RELU',
  options: { alpha: 0.3 },
  inputs: [float(shape)],
  outputs: out(),
};
for (const approximate of [true, false])
  cases[`GELU, approximate ${approximate}`] = {
    opcode: 'GELU',
    options: { approximate },
    inputs: [float(shape)],
    outputs: out(),
  };
cases.PRELU = {
  opcode: 'PRELU',
  inputs: [float([1, 2, 2, 3]), { shape: [1, 1, 3], constant: [0.1, 0.2, 0.3] }],
  outputs: out([1, 2, 2, 3]),
};
cases['SOFTMAX with beta'] = {
  opcode: 'SOFTMAX',
  options: { beta: 2 },
  inputs: [float([3, 5])],
  outputs: out([3, 5]),
};
cases.LOG_SOFTMAX = { opcode: 'LOG_SOFTMAX', inputs: [float([3, 5])], outputs: out([3, 5]) };
cases.L2_NORMALIZATION = { opcode: 'L2_NORMALIZATION', inputs: [float([2, 6])], outputs: out([2, 6]) };
cases.LOCAL_RESPONSE_NORMALIZATION = {
  opcode: 'LOCAL_RESPONSE_NORMALIZATION',
  options: { radius: 2, bias: 1, alpha: 0.5, beta: 0.75 },
  inputs: [float([1, 2, 2, 7])],
  outputs: out([1, 2, 2, 7]),
};
cases.ADD_N = {
  opcode: 'ADD_N',
  inputs: [float(shape), float(shape, 2), float(shape, 3)],
  outputs: out(),
};
cases['CUMSUM, exclusive and from behind'] = {
  opcode: 'CUMSUM',
  options: { exclusive: true, reverse: true },
  inputs: [float(shape), ints([1], [])],
  outputs: out(),
};
cases['CAST to int32'] = {
  opcode: 'CAST',
  options: { inDataType: 'FLOAT32', outDataType: 'INT32' },
  inputs: [{ shape: [4], values: [-2.7, -0.2, 0.9, 3.5] }],
  outputs: like('int32', [4]),
};
cases['SELECT by row'] = {
  opcode: 'SELECT',
  inputs: [truth([1, 0]), float([2, 3]), float([2, 3], 2)],
  outputs: out([2, 3]),
};
cases.SELECT_V2 = {
  opcode: 'SELECT_V2',
  inputs: [truth([1, 0, 1]), float([2, 3]), { shape: [1], values: [9] }],
  outputs: out([2, 3]),
};

describe('element-wise TFLite operators', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    await expectLikeLitert(cases[name] as Case, 2e-6);
  });
});

const steps: Readonly<Record<string, Case>> = {
  'ADD of int8': {
    opcode: 'ADD',
    version: 2,
    options: { fusedActivationFunction: 'NONE' },
    inputs: [quantized('int8', [64], 0.05, -3), quantized('int8', [64], 0.02, 10, 2)],
    outputs: [{ type: 'int8', shape: [64], quantization: { scale: [0.06], zeroPoint: [4] } }],
  },
  'MUL of uint8 with RELU': {
    opcode: 'MUL',
    options: { fusedActivationFunction: 'RELU' },
    inputs: [quantized('uint8', [64], 0.05, 128), quantized('uint8', [64], 0.02, 100, 2)],
    outputs: [{ type: 'uint8', shape: [64], quantization: { scale: [0.08], zeroPoint: [90] } }],
  },
  'LOGISTIC of int8': {
    opcode: 'LOGISTIC',
    version: 2,
    inputs: [quantized('int8', [64], 0.06, 5)],
    outputs: [{ type: 'int8', shape: [64], quantization: { scale: [1 / 256], zeroPoint: [-128] } }],
  },
  'SOFTMAX of int8': {
    opcode: 'SOFTMAX',
    version: 2,
    options: { beta: 1 },
    inputs: [quantized('int8', [4, 16], 0.1, 5)],
    outputs: [{ type: 'int8', shape: [4, 16], quantization: { scale: [1 / 256], zeroPoint: [-128] } }],
  },
  'LEAKY_RELU of int16': {
    opcode: 'LEAKY_RELU',
    version: 2,
    options: { alpha: 0.25 },
    inputs: [quantized('int16', [64], 0.001, 0)],
    outputs: [{ type: 'int16', shape: [64], quantization: { scale: [0.0008], zeroPoint: [0] } }],
  },
  'QUANTIZE from uint8 to int8': {
    opcode: 'QUANTIZE',
    inputs: [quantized('uint8', [64], 0.05, 128)],
    outputs: [{ type: 'int8', shape: [64], quantization: { scale: [0.07], zeroPoint: [3] } }],
  },
  'DEQUANTIZE of int8': {
    opcode: 'DEQUANTIZE',
    version: 2,
    inputs: [quantized('int8', [64], 0.05, 7)],
    outputs: [{ shape: [64] }],
  },
};

describe('quantized element-wise TFLite operators', () => {
  it.each(Object.keys(steps))('%s, within one step', async (name) => {
    const one = steps[name] as Case;
    await expectSteps(one);
  });
});
