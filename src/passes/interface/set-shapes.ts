// Other shapes for the values of a model, and the types that follow from them.

import type { Model, Shape } from '../../graph/model.ts';
import { inferTypes } from '../../ops/infer.ts';
import { allGraphs } from '../nested.ts';

/** Changes the model in place. `isInput`: of the model itself. Errors: those of type inference. */
export function setShapes(
  model: Model,
  next: (shape: Shape, value: string, isInput: boolean) => Shape,
): void {
  const inputs = new Set(model.graph.inputs);
  for (const graph of allGraphs(model)) {
    for (const [value, type] of graph.types) {
      if (type.kind !== 'tensor' || type.shape === undefined) continue;
      const isInput = graph === model.graph && inputs.has(value);
      graph.types.set(value, { ...type, shape: next(type.shape, value, isInput) });
    }
  }
  inferTypes(model);
}
