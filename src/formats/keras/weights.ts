// Finds each layer's weights. The file lists them per outermost layer; a nested model's entry holds those of all its
// layers: first everything that is trained, then everything that is not.

import { LayerConfig } from './config.ts';
import type { KerasWeight } from './file.ts';
import type { LayerFamily, WeightSlot } from './layer.ts';
import type { LayerSpec, ModelSpec } from './spec.ts';

export type FamilyOf = (className: string) => LayerFamily | undefined;

type Leaf = {
  /** Path from the outermost model. */
  readonly path: string;
  readonly layer: LayerSpec;
  readonly slots: readonly WeightSlot[];
};

/** Weights per layer path, in the order of the layer's slots. `fail` throws MODEL_DAMAGED. */
export function assignWeights(
  model: ModelSpec,
  stored: ReadonlyMap<string, readonly KerasWeight[]>,
  familyOf: FamilyOf,
  fail: (problem: string, layer?: string) => never,
): ReadonlyMap<string, readonly KerasWeight[]> {
  const assigned = new Map<string, readonly KerasWeight[]>();
  const assign = (path: string, weights: readonly KerasWeight[]) => {
    if (assigned.has(path)) fail('two layers have this path', path);
    assigned.set(path, weights);
  };
  for (const layer of model.layers) {
    if (insideOf(layer).length === 0) {
      assign(layer.name, stored.get(layer.name) ?? []);
      continue;
    }
    const leaves = leavesOf(layer, layer.name, familyOf, fail);
    const weights = stored.get(layer.name);
    if (weights === undefined || weights.length === 0) {
      // Keras 1 stores the layers of a nested Sequential as if they stood beside it.
      for (const leaf of leaves) assign(leaf.path, stored.get(leaf.layer.name) ?? []);
      continue;
    }
    const found = byName(leaves, weights) ?? byOrder(layer, leaves, weights, fail);
    for (const [path, own] of found) assign(path, own);
  }
  return assigned;
}

/** The layers of a nested model, or the one inside a wrapper. */
function insideOf(layer: LayerSpec): readonly LayerSpec[] {
  return layer.model?.layers ?? (layer.wrapped === undefined ? [] : [layer.wrapped]);
}

function leavesOf(
  layer: LayerSpec,
  path: string,
  familyOf: FamilyOf,
  fail: (problem: string, layer?: string) => never,
): Leaf[] {
  const inside = insideOf(layer).flatMap((inner) => leavesOf(inner, `${path}/${inner.name}`, familyOf, fail));
  if (layer.model !== undefined) return inside;
  const config = new LayerConfig(layer.config, (problem) => fail(problem, path));
  const slots = familyOf(layer.className)?.weights?.(config, layer.className) ?? [];
  // A wrapper may have weights of its own.
  return inside.length > 0 && slots.length === 0 ? inside : [{ path, layer, slots }, ...inside];
}

/** By the layer names in the weights' own names; undefined unless every layer gets exactly what it needs. */
function byName(
  leaves: readonly Leaf[],
  weights: readonly KerasWeight[],
): Map<string, KerasWeight[]> | undefined {
  const byLayer = new Map<string, Leaf | null>();
  for (const leaf of leaves) byLayer.set(leaf.layer.name, byLayer.has(leaf.layer.name) ? null : leaf);
  const found = new Map<string, KerasWeight[]>(leaves.map(({ path }) => [path, []]));
  for (const weight of weights) {
    const leaf = ownerOf(weight.name, byLayer);
    if (leaf === undefined) return undefined;
    found.get(leaf.path)?.push(weight);
  }
  const fits = leaves.every(({ path, slots }) => found.get(path)?.length === slots.length);
  return fits ? found : undefined;
}

/** `model/layer1/conv/kernel:0` belongs to the layer with the longest name that ends where `/kernel:0` begins. */
function ownerOf(weightName: string, byLayer: ReadonlyMap<string, Leaf | null>): Leaf | undefined {
  const end = weightName.lastIndexOf('/');
  if (end < 0) return undefined;
  for (let start = 0; start >= 0 && start < end; ) {
    const leaf = byLayer.get(weightName.slice(start, end));
    if (leaf !== undefined) return leaf ?? undefined;
    const next = weightName.indexOf('/', start);
    start = next < 0 ? -1 : next + 1;
  }
  return undefined;
}

/** As Keras itself reads them back: every trained weight in layer order, then all others. */
function byOrder(
  layer: LayerSpec,
  leaves: readonly Leaf[],
  weights: readonly KerasWeight[],
  fail: (problem: string, layer?: string) => never,
): Map<string, KerasWeight[]> {
  const expected = leaves.reduce((count, { slots }) => count + slots.length, 0);
  if (expected !== weights.length) {
    fail(`it has ${weights.length} weights where its layers need ${expected}`, layer.name);
  }
  const frozen = new Set<string>();
  markFrozen(layer, layer.name, false, frozen);
  const isTrained = ({ path }: Leaf, slot: WeightSlot) => slot.isTrained && !frozen.has(path);
  const found = new Map<string, KerasWeight[]>(leaves.map(({ path }) => [path, []]));
  let next = 0;
  for (const wanted of [true, false]) {
    for (const leaf of leaves) {
      for (const slot of leaf.slots) {
        const weight = weights[next];
        if (isTrained(leaf, slot) !== wanted || weight === undefined) continue;
        found.get(leaf.path)?.push(weight);
        next++;
      }
    }
  }
  return found;
}

function markFrozen(layer: LayerSpec, path: string, isFrozen: boolean, frozen: Set<string>): void {
  const now = isFrozen || !layer.isTrainable;
  const inside = insideOf(layer);
  if (inside.length === 0 && now) frozen.add(path);
  for (const inner of inside) markFrozen(inner, `${path}/${inner.name}`, now, frozen);
}
