// The element types that Cast takes here, as it numbers them.

import type { DType } from '../../../graph/dtype.ts';
import { elementType } from '../../../ops/element-type.ts';

const castable: ReadonlySet<DType> = new Set<DType>([
  ...(['float32', 'float16', 'float64', 'bfloat16', 'bool', 'string'] as const),
  ...(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const),
]);

export function castNumber(dtype: DType): number | undefined {
  return castable.has(dtype) ? elementType(dtype) : undefined;
}
