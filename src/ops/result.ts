// The output types that many operators share.

import type { DType } from '../graph/dtype.ts';
import { type Shape, tensorType, type ValueType } from '../graph/model.ts';
import { broadcastInputs } from './axes.ts';
import type { InferContext } from './definition.ts';

/** A tensor type; undefined when the element type is not known. */
export function tensorOf(dtype: DType | undefined, shape: Shape | undefined): ValueType | undefined {
  return dtype === undefined ? undefined : tensorType(dtype, shape);
}

/** Output 0 has the type of input 0. */
export function likeInput(context: InferContext): readonly [ValueType | undefined] {
  return [context.type(0)];
}

/** All inputs broadcast together; the element type is that of input 0 unless given. */
export function broadcastAll(
  context: InferContext,
  dtype = context.dtype(0),
): readonly [ValueType | undefined] {
  const indices = context.node.inputs.map((_, index) => index);
  return [tensorOf(dtype, broadcastInputs(context, indices))];
}
