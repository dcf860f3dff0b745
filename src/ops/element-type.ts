// Element types as the file and attributes such as `to` and `dtype` number them (TensorProto.DataType).
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import type { DType } from '../graph/dtype.ts';
import type { InferContext } from './definition.ts';

const numbered: readonly (DType | undefined)[] = [
  undefined,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

/** The number of an element type. */
export function elementType(dtype: DType): number {
  return numbered.indexOf(dtype);
}

/** The dtype with this number; undefined for numbers the specification does not have. */
export function elementTypeName(number: number): DType | undefined {
  return numbered[number];
}

/** The element type an attribute names; undefined when it is left out or 0 and has no default. */
export function dtypeOf(context: InferContext, name: string): DType | undefined {
  const value = context.node.attributes.has(name) ? context.int(name) : (context.find(name)?.value ?? 0);
  if (value === 0) return undefined;
  return (
    numbered[Number(value)] ??
    context.fail(`attribute "${name}" is ${String(value)}, which is not an element type`)
  );
}
