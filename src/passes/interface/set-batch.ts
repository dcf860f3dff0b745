// Fixes the batch: the open first axis of the inputs gets a length, or another symbol.
//
//   x: [batch, 224, 224, 3] → y: [batch, 10]     --batch 1     x: [1, 224, 224, 3] → y: [1, 10]

import { errors } from '../../errors.ts';
import { type Dim, type Model, shapeOf } from '../../graph/model.ts';
import { setShapes } from './set-shapes.ts';

/**
 * Changes the model in place, and infers its types anew. An axis that has the batch's symbol elsewhere (the states of
 * a recurrent layer) follows. Errors: USAGE when a first axis is fixed to another length.
 */
export function setBatch(model: Model, batch: number | string): void {
  const { graph } = model;
  const symbols = new Set<string>();
  let open = 0;
  const fixed: string[] = [];
  for (const name of graph.inputs) {
    const shape = shapeOf(graph.types.get(name));
    if (shape === undefined || shape.length === 0) continue;
    const [first = null] = shape;
    if (typeof first === 'string') symbols.add(first);
    if (typeof first !== 'number') open++;
    else if (first !== batch) fixed.push(`${name} [${shape.map((dim) => dim ?? '?').join(', ')}]`);
  }
  // A model with an open batch may have further inputs without one: states, settings.
  if (open === 0 && fixed.length > 0) {
    throw errors.USAGE(
      `--batch ${batch}: the model fixes the first axis of its inputs itself: ${fixed.join(', ')}`,
      'save the model with an open batch, or leave --batch out',
    );
  }
  const replaced = (dim: Dim, isFirst: boolean): Dim =>
    (dim === null && isFirst) || (typeof dim === 'string' && symbols.has(dim)) ? batch : dim;
  setShapes(model, (shape, _, isInput) => shape.map((dim, axis) => replaced(dim, isInput && axis === 0)));
}
