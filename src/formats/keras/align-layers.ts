// Weights saved by one program and an architecture by another may call the same layers differently (`dense_1`,
// `dense_4`): Keras numbers names anew in every session. Like Keras, such weights are then taken in order.

import { expectedOf } from './assign-objects.ts';
import type { KerasWeight } from './file.ts';
import type { LayerSpec, ModelSpec } from './spec.ts';
import type { FamilyOf } from './weights.ts';

/** `stored` under the names of the model's layers. `fail` throws MODEL_DAMAGED. */
export function alignLayers(
  model: ModelSpec,
  stored: ReadonlyMap<string, readonly KerasWeight[]>,
  familyOf: FamilyOf,
  fail: (problem: string, layer?: string) => never,
): ReadonlyMap<string, readonly KerasWeight[]> {
  const given = [...stored].filter(([, weights]) => weights.length > 0);
  const names = new Set(model.layers.flatMap(namesOf));
  if (given.every(([name]) => names.has(name))) return stored;
  const scope = { familyOf, fail };
  const wanted = model.layers.filter((layer) => expectedOf(layer, layer.name, scope) > 0);
  if (wanted.length !== given.length) {
    const strangers = given.map(([name]) => name).filter((name) => !names.has(name));
    fail(
      `the weights are of ${given.length} layers where the model has ${wanted.length} with weights; not in the model: ${strangers.slice(0, 5).join(', ')}`,
    );
  }
  return new Map(wanted.map((layer, index) => [layer.name, given[index]?.[1] ?? []]));
}

/** Keras 1 keeps the layers of nested models beside the others. */
function namesOf(layer: LayerSpec): string[] {
  return [layer.name, ...(layer.model?.layers.flatMap(namesOf) ?? [])];
}
