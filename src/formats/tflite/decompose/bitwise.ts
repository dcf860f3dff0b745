// Operators on bits, of which TFLite has exclusive or and the shift to the right.
// https://onnx.ai/onnx/operators/onnx__BitwiseAnd.html and likewise for the others.
//
//   a & b = (a + b − (a ⊻ b)) / 2,   a | b = (a ⊻ b) + (a & b),   x << y = x · 2^y
//
//   All in int32. 32 bits are cut in two, as the sum of two such numbers does not fit.

import type { DType } from '../../../graph/dtype.ts';
import { dtypes } from '../../../graph/dtype.ts';
import { type Shape, tensorType } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { cast, type Formula, formula } from '../rewrite/formula.ts';

const HALF = 16;

export default {
  opTypes: ['BitwiseAnd', 'BitwiseOr', 'BitwiseNot', 'BitShift'],
  rewrite(node, build) {
    const [a = '', b = ''] = node.inputs;
    const dtype = build.dtype(a);
    const { bits } = dtypes[dtype];
    if (node.opType === 'BitwiseNot' && dtype === 'int64') return [formula(build, dtype).minus(-1, a)];
    if (bits < 8 || bits > 32) return build.refuse(`TFLite has no operators on the bits of ${dtype}`);
    if (node.opType === 'BitwiseNot') {
      const ones = dtype.startsWith('u') ? 2 ** bits - 1 : -1;
      return [build.add('BitwiseXor', [a, formula(build, dtype).value(ones)])];
    }
    if (node.opType === 'BitShift') {
      const isRight = build.attribute('direction', 'LEFT') === 'RIGHT';
      if (isRight) return [shiftedRight(build, a, b, build.type(node.outputs[0] ?? '').shape, dtype)];
      return [shiftedLeft(build, a, b, bits, dtype)];
    }
    const numbers = formula(build, 'int32');
    const [x, y] = [a, b].map((value) => cast(build, value, 'int32')) as [string, string];
    const both = bits === 32 ? bothOfHalves(build, numbers, x, y) : both16(build, numbers, x, y);
    const result = node.opType === 'BitwiseAnd' ? both : numbers.plus(build.add('BitwiseXor', [x, y]), both);
    return [cast(build, result, dtype)];
  },
} satisfies Rewrite;

/** Bits that both have, of numbers of up to 16 bits and a sign. */
function both16(build: Build, { plus, minus, over }: Formula, x: string, y: string): string {
  return over(minus(plus(x, y), build.add('BitwiseXor', [x, y])), 2);
}

function bothOfHalves(build: Build, numbers: Formula, x: string, y: string): string {
  const { plus, minus, times } = numbers;
  const [left, right] = [x, y].map((value) => {
    // The number of axes stays; lengths do not matter to the operator.
    const { shape } = build.type(build.input(value === x ? 0 : 1));
    const high = shiftedRight(build, value, numbers.value(HALF), shape, 'int32');
    return { high, low: minus(value, times(high, 2 ** HALF)) };
  }) as [{ high: string; low: string }, { high: string; low: string }];
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
  const wide = bits === 32 ? 'int64' : 'int32';
  const { times } = formula(build, wide);
  const powers = Array.from({ length: bits + 1 }, (_, at) => (at === bits ? 0 : 2 ** at));
  const data = wide === 'int64' ? BigInt64Array.from(powers, BigInt) : Int32Array.from(powers);
  const table = build.constant({ dtype: wide, dims: [bits + 1], data }, 'powers');
  const index = formula(build, 'int32').least(cast(build, amount, 'int32'), bits);
  return cast(
    build,
    times(cast(build, value, wide), build.add('Gather', [table, index], { axis: 0 })),
    dtype,
  );
}
