// Brings together what a file declares about a value and what its node implies, and what two branches give.

import type { Dim, Shape, ValueType } from '../graph/model.ts';

/**
 * Both statements at once: the more exact of each part. Returns undefined when they contradict each other.
 * A symbol that was inferred stays, so that an axis has one name from input to output; files often declare the
 * length it had when the model was traced.
 */
export function both(declared: ValueType, inferred: ValueType): ValueType | undefined {
  if (declared.kind === 'tensor' && inferred.kind === 'tensor') {
    if (declared.dtype !== inferred.dtype) return undefined;
    const shape = bothShapes(declared.shape, inferred.shape);
    return shape === 'contradiction' ? undefined : { ...inferred, shape };
  }
  if (declared.kind === 'map' && inferred.kind === 'map') {
    if (declared.key !== inferred.key) return undefined;
    const element = both(declared.element, inferred.element);
    return element && { ...inferred, element };
  }
  if (
    (declared.kind === 'sequence' || declared.kind === 'optional') &&
    (inferred.kind === 'sequence' || inferred.kind === 'optional') &&
    declared.kind === inferred.kind
  ) {
    const element = both(declared.element, inferred.element);
    return element && { kind: inferred.kind, element };
  }
  return undefined;
}

function bothShapes(
  declared: Shape | undefined,
  inferred: Shape | undefined,
): Shape | undefined | 'contradiction' {
  if (declared === undefined || inferred === undefined) return inferred ?? declared;
  if (declared.length !== inferred.length) return 'contradiction';
  const shape: Dim[] = [];
  for (const [axis, dim] of inferred.entries()) {
    const other = declared[axis] ?? null;
    if (typeof dim === 'number' && typeof other === 'number' && dim !== other) return 'contradiction';
    shape.push(dim ?? other);
  }
  return shape;
}

/** What holds of either value: axes that differ become unknown. Undefined when the kinds or dtypes differ. */
export function either(a: ValueType | undefined, b: ValueType | undefined): ValueType | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a.kind === 'tensor' && b.kind === 'tensor') {
    if (a.dtype !== b.dtype) return undefined;
    return { ...a, shape: eitherShape(a.shape, b.shape) };
  }
  if (a.kind === 'tensor' || b.kind === 'tensor' || a.kind !== b.kind) return undefined;
  const element = either(a.element, b.element);
  return element && { ...a, element };
}

function eitherShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  return a.map((dim, axis) => (dim === b[axis] ? dim : null));
}
