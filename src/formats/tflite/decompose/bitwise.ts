// Operators on bits, of which TFLite has exclusive or and the shift to the right.
// https://onnx.ai/onnx/operators/onnx__BitwiseAnd.html and likewise for the others.
//
//   a & b = (a + b − (a ⊻ b)) / 2,   a | b = (a ⊻ b) + (a & b),   x << y = x · 2^y
//
//   All in int32. 32 bits are cut in two, as the sum of two such numbers does not fit; 64 bits are two numbers of 32.

import type { DType } from '../../../graph/dtype.ts';
import { dtypes } from '../../../graph/dtype.ts';
import { type Shape, tensorType } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { cast, type Formula, formula } from '../rewrite/formula.ts';
import { bitCast } from './unsigned-64.ts';

const HALF = 16;

type Operand = { readonly value: string; readonly shape: Shape | undefined };

export default {
  opTypes: ['BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'BitwiseNot', 'BitShift'],
  rewrite(node, build) {
    const [a = '', b = ''] = node.inputs;
    const dtype = build.dtype(a);
    const { bits } = dtypes[dtype];
    if (bits < 8) return build.refuse(`TFLite has no operators on the bits of ${dtype}`);
    if (node.opType === 'BitShift') {
      if (build.attribute('direction', 'LEFT') === 'LEFT') return [shiftedLeft(build, a, b, bits, dtype)];
      if (bits === 64) return build.refuse('TFLite does not shift 64 bits to the right');
      return [shiftedRight(build, a, b, build.type(node.outputs[0] ?? '').shape, dtype)];
    }
    const operands = node.inputs.map((value) => ({ value, shape: build.type(value).shape }));
    if (bits === 64) {
      const pairs = operands.map(({ value, shape }) => {
        const wide = shape && [...shape, 2];
        return { value: bitCast(build, value, 'int32', wide), shape: wide };
      });
      return [
        bitCast(build, combined(build, pairs, 'int32'), dtype, build.type(node.outputs[0] ?? '').shape),
      ];
    }
    return node.opType === 'BitwiseXor' ? undefined : [combined(build, operands, dtype)];
  },
} satisfies Rewrite;

function combined(build: Build, operands: readonly Operand[], dtype: DType): string {
  const { opType } = build.node;
  const { bits } = dtypes[dtype];
  const values = operands.map(({ value }) => value);
  if (opType === 'BitwiseXor') return build.add('BitwiseXor', values);
  if (opType === 'BitwiseNot') {
    const ones = dtype.startsWith('u') ? 2 ** bits - 1 : -1;
    return build.add('BitwiseXor', [...values, formula(build, dtype).value(ones)]);
  }
  const numbers = formula(build, 'int32');
  const [x, y] = operands.map(({ value, shape }) => ({
    value: dtype === 'int32' ? value : cast(build, value, 'int32'),
    shape,
  })) as [Operand, Operand];
  const both = bits === 32 ? bothOfHalves(build, numbers, x, y) : both16(build, numbers, x.value, y.value);
  const result =
    opType === 'BitwiseAnd' ? both : numbers.plus(build.add('BitwiseXor', [x.value, y.value]), both);
  return dtype === 'int32' ? result : cast(build, result, dtype);
}

/** Bits that both have, of numbers of up to 16 bits and a sign. */
function both16(build: Build, { plus, minus, over }: Formula, x: string, y: string): string {
  return over(minus(plus(x, y), build.add('BitwiseXor', [x, y])), 2);
}

function bothOfHalves(build: Build, numbers: Formula, x: Operand, y: Operand): string {
  const { plus, minus, times } = numbers;
  const halves = ({ value, shape }: Operand) => {
    const high = shiftedRight(build, value, numbers.value(HALF), shape, 'int32');
    return { high, low: minus(value, times(high, 2 ** HALF)) };
  };
  const [left, right] = [halves(x), halves(y)];
  const high = both16(build, numbers, left.high, right.high);
  return plus(times(high, 2 ** HALF), both16(build, numbers, left.low, right.low));
}

function shiftedRight(
  build: Build,
  value: string,
  amount: string,
  shape: Shape | undefined,
  dtype: DType,
): string {
  return build.tflite('RIGHT_SHIFT', [value, amount], {}, tensorType(dtype, shape));
}

/** Times a power of two from a table, whose last entry pushes everything out. */
function shiftedLeft(build: Build, value: string, amount: string, bits: number, dtype: DType): string {
  const wide = bits >= 32 ? 'int64' : 'int32';
  const powers = Array.from({ length: bits + 1 }, (_, at) => (at === bits ? 0n : 1n << BigInt(at)));
  const data = wide === 'int64' ? BigInt64Array.from(powers) : Int32Array.from(powers, Number);
  const table = build.constant({ dtype: wide, dims: [bits + 1], data }, 'powers');
  const plain = (given: string, type: 'int32' | 'int64', shape: Shape | undefined) => {
    const signed = bits === 64 ? bitCast(build, given, 'int64', shape) : given;
    return bits === 64 && type === 'int64' ? signed : cast(build, signed, type);
  };
  const index = formula(build, 'int32').least(plain(amount, 'int32', build.type(amount).shape), bits);
  const factor = build.add('Gather', [table, index], { axis: 0 });
  const result = formula(build, wide).times(plain(value, wide, build.type(value).shape), factor);
  if (bits < 64) return cast(build, result, dtype);
  return bitCast(build, result, dtype, build.type(build.node.outputs[0] ?? '').shape);
}
