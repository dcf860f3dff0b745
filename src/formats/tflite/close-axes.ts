// Closes axes of inputs that the model leaves open though its weights take one length only: LiteRT sizes tensors when it
// loads a file, and would try others.

import { type Model, shapeOf } from '../../graph/model.ts';
import { withKnownLengths } from '../../passes/interface/known-lengths.ts';
import { setShapes } from '../../passes/interface/set-shapes.ts';

/** Changes the model in place; types are inferred before and after. */
export function closeAxes(model: Model): void {
  const { graph } = model;
  const stated = graph.inputs.map((name) => ({ name, shape: shapeOf(graph.types.get(name)) }));
  const known = withKnownLengths(stated, graph, 'weights');
  const symbols = new Map<string, number>();
  let closed = 0;
  for (const [index, { shape = [] }] of known.entries()) {
    for (const [axis, length] of shape.entries()) {
      const before = stated[index]?.shape?.[axis];
      if (typeof length !== 'number' || before === length) continue;
      closed++;
      if (typeof before === 'string') symbols.set(before, length);
    }
  }
  if (closed === 0) return;
  const inputs = new Map(known.map(({ name, shape }) => [name, shape]));
  setShapes(model, (shape, value, isInput) =>
    ((isInput ? inputs.get(value) : undefined) ?? shape).map((dim) =>
      typeof dim === 'string' ? (symbols.get(dim) ?? dim) : dim,
    ),
  );
}
