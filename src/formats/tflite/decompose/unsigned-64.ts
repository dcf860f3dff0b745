// Arithmetic on uint64, for which TFLite has no kernels: the same bits as int64.
//
//   Sums, differences and products come out the same. To compare, the order of the numbers is kept by taking 2^63 off.

import type { DType } from '../../../graph/dtype.ts';
import { type Shape, tensorType } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import { formula } from '../rewrite/formula.ts';

/** Operators, and whether they look at the order. */
const operators: Readonly<Record<string, boolean>> = {
  Add: false,
  Equal: false,
  Greater: true,
  GreaterOrEqual: true,
  Less: true,
  LessOrEqual: true,
  Max: true,
  Min: true,
  Mul: false,
  Sub: false,
  TopK: true,
};

/** undefined: nothing says it. */
export function asSigned(build: Build): string[] | undefined {
  const { node } = build;
  const isOrdered = operators[node.opType];
  if (isOrdered === undefined) return undefined;
  const moved = (value: string) => {
    const lowest = { dtype: 'int64', dims: [], data: BigInt64Array.of(-(2n ** 63n)) } as const;
    return isOrdered ? formula(build, 'int64').plus(value, build.constant(lowest, 'lowest')) : value;
  };
  const count = node.opType === 'TopK' ? 1 : node.inputs.length;
  const inputs = node.inputs.map((value, index) =>
    index < count ? moved(bitCast(build, value, 'int64', build.type(value).shape)) : value,
  );
  const made = build.addAll(node.opType, inputs, node.outputs.length, Object.fromEntries(node.attributes));
  return made.map((value, index) => {
    const output = node.outputs[index] ?? '';
    if (output === '' || build.dtype(output) !== 'uint64') return value;
    return bitCast(build, moved(value), 'uint64', build.type(output).shape);
  });
}

/** The same bits as elements of another type; one half as large has an axis of two behind the others. */
export function bitCast(build: Build, value: string, dtype: DType, shape: Shape | undefined): string {
  return build.tflite('BITCAST', [value], {}, tensorType(dtype, shape));
}
