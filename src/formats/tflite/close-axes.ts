// Closes axes of inputs that the model leaves open though its weights take one length only: LiteRT sizes tensors when it
// loads a file, and would try others.

import type { Model, Shape, ValueType } from '../../graph/model.ts';
import { inferTypes } from '../../ops/infer.ts';
import { withKnownLengths } from '../../passes/interface/known-lengths.ts';
import { allGraphs } from '../../passes/nested.ts';

/** Changes the model in place; types are inferred before and after. */
export function closeAxes(model: Model): void {
  const { graph } = model;
  const stated = graph.inputs.map((name) => ({ name, shape: shapeOf(graph.types.get(name)) }));
  const symbols = new Map<string, number>();
  let closed = 0;
  for (const [index, { name, shape }] of withKnownLengths(stated, graph, 'weights').entries()) {
    const type = graph.types.get(name);
    if (shape === undefined || type?.kind !== 'tensor') continue;
    for (const [axis, length] of shape.entries()) {
      const before = stated[index]?.shape?.[axis];
      if (typeof length !== 'number' || before === length) continue;
      closed++;
      if (typeof before === 'string') symbols.set(before, length);
    }
    graph.types.set(name, { ...type, shape });
  }
  if (closed === 0) return;
  for (const { types } of allGraphs(model)) {
    for (const [name, type] of types) {
      const shape = shapeOf(type)?.map((dim) => (typeof dim === 'string' ? (symbols.get(dim) ?? dim) : dim));
      if (type.kind === 'tensor' && shape !== undefined) types.set(name, { ...type, shape });
    }
  }
  inferTypes(model);
}

function shapeOf(type: ValueType | undefined): Shape | undefined {
  return type?.kind === 'tensor' ? type.shape : undefined;
}
