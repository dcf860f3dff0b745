// The int32 tensor that tells an operator the shape to make: a constant where possible; otherwise open axes are read off
// the shapes of other tensors.

import type { Shape } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';

/** `mayInfer`: one axis may be −1, as RESHAPE takes it. */
export function shapeTensor(
  emission: Emission,
  target: Shape,
  sources: readonly number[],
  mayInfer: boolean,
): number {
  const open = target.filter((dim) => typeof dim !== 'number');
  if (open.length === 0) return emission.int32(target as readonly number[], `${emission.node?.name}/shape`);
  if (mayInfer && open.length === 1 && !target.includes(0)) {
    return emission.int32(
      target.map((dim) => (typeof dim === 'number' ? dim : -1)),
      `${emission.node?.name}/shape`,
    );
  }
  const whole = sources.find((source) => {
    const { shape } = emission.tensor(source);
    return (
      shape?.length === target.length && shape.every((dim, axis) => dim !== null && dim === target[axis])
    );
  });
  if (whole !== undefined) return shapeOf(emission, whole);
  const parts = target.map((dim) => {
    if (typeof dim === 'number') return emission.int32(dim);
    const found = dim === null ? undefined : lengthOf(emission, dim, sources);
    return found ?? emission.refuse('the size of its result is known only when the model runs');
  });
  const like = { dtype: 'int32', shape: [parts.length], name: 'shape' } as const;
  return emission.make('PACK', parts, like, { valuesCount: parts.length, axis: 0 });
}

export function shapeOf(emission: Emission, tensor: number): number {
  const rank = emission.tensor(tensor).shape?.length ?? null;
  return emission.make(
    'SHAPE',
    [tensor],
    { dtype: 'int32', shape: [rank], name: 'shape_of' },
    { outType: 'INT32' },
  );
}

/** The length of one axis as an int32 scalar. */
export function axisLength(emission: Emission, tensor: number, axis: number): number {
  const known = emission.tensor(tensor).shape?.[axis];
  if (typeof known === 'number') return emission.int32(known);
  const shape = shapeOf(emission, tensor);
  return emission.make(
    'STRIDED_SLICE',
    [shape, emission.int32([axis]), emission.int32([axis + 1]), emission.int32([1])],
    { dtype: 'int32', shape: [], name: 'length' },
    { shrinkAxisMask: 1 },
  );
}

function lengthOf(emission: Emission, symbol: string, sources: readonly number[]): number | undefined {
  for (const source of sources) {
    const axis = emission.tensor(source).shape?.indexOf(symbol) ?? -1;
    if (axis >= 0) return axisLength(emission, source, axis);
  }
  return undefined;
}

/** The value under another shape. */
export function reshape(emission: Emission, tensor: number, shape: Shape): number {
  const { type } = emission.tensor(tensor);
  // An empty shape would be a constant without bytes, which is none.
  if (shape.length === 0)
    return emission.make('SQUEEZE', [tensor], { dtype: type, shape }, { squeezeDims: [] });
  return emission.make('RESHAPE', [tensor, shapeTensor(emission, shape, [tensor], true)], {
    dtype: type,
    shape,
  });
}
