// Finds each layer's weights among the objects of a `.keras` file. Their groups are numbered per class in the order of
// the model's layers; numbers of layers without weights may be missing or counted twice, so only the order is used.

import { LayerConfig } from './config.ts';
import type { KerasWeight } from './file.ts';
import { byNumber, LAYER_GROUPS, type WeightObject } from './object-weights.ts';
import type { LayerSpec, ModelSpec } from './spec.ts';
import type { FamilyOf } from './weights.ts';

type Scope = {
  readonly assigned: Map<string, readonly KerasWeight[]>;
  readonly familyOf: FamilyOf;
  readonly fail: (problem: string, layer?: string) => never;
};

/** Weights per layer path, in the order of the layer's slots. `fail` throws MODEL_DAMAGED. */
export function assignObjects(
  model: ModelSpec,
  root: WeightObject,
  familyOf: FamilyOf,
  fail: (problem: string, layer?: string) => never,
): ReadonlyMap<string, readonly KerasWeight[]> {
  const scope: Scope = { assigned: new Map(), familyOf, fail };
  assignModel(model, root, '', scope);
  return scope.assigned;
}

function assignModel(model: ModelSpec, object: WeightObject, prefix: string, scope: Scope): void {
  const groups = groupsByClass(object);
  const layers = new Map<string, LayerSpec[]>();
  for (const layer of model.layers) {
    const expected = expectedOf(layer, prefix + layer.name, scope);
    // The group of a model tells of its own layers even when none has weights.
    if (expected === 0) continue;
    const name = snakeCase(layer.spelled);
    layers.set(name, [...(layers.get(name) ?? []), layer]);
  }
  for (const [name, ofClass] of layers) {
    const found = groups.get(name) ?? [];
    const [first] = ofClass;
    if (found.length !== ofClass.length) {
      const path = prefix + (ofClass[found.length] ?? first)?.name;
      scope.fail(
        `the file has the weights of ${found.length} ${first?.spelled} layers where the model has ${ofClass.length}`,
        path,
      );
    }
    for (const [index, layer] of ofClass.entries()) {
      const own = found[index];
      if (own !== undefined) assignLayer(layer, own, prefix + layer.name, scope);
    }
  }
}

function assignLayer(layer: LayerSpec, object: WeightObject, path: string, scope: Scope): void {
  if (layer.model !== undefined) {
    assignModel(layer.model, object, `${path}/`, scope);
    return;
  }
  if (layer.wrapped !== undefined) {
    const { wrapped } = layer;
    assignLayer(wrapped, object.children.get('layer') ?? object, `${path}/${wrapped.name}`, scope);
    return;
  }
  const weights = inOrder(object);
  const expected = expectedOf(layer, path, scope);
  if (weights.length !== expected) {
    scope.fail(`it has ${weights.length} weights in the file where ${expected} are expected`, path);
  }
  scope.assigned.set(path, weights);
}

/** How many weights a layer needs, those of layers inside it included. */
export function expectedOf(layer: LayerSpec, path: string, scope: Omit<Scope, 'assigned'>): number {
  const { familyOf, fail } = scope;
  if (layer.model !== undefined) {
    return layer.model.layers.reduce(
      (sum, inner) => sum + expectedOf(inner, `${path}/${inner.name}`, scope),
      0,
    );
  }
  if (layer.wrapped !== undefined) return expectedOf(layer.wrapped, `${path}/${layer.wrapped.name}`, scope);
  const config = new LayerConfig(layer.config, (problem) => fail(problem, path));
  return familyOf(layer.className)?.weights?.(config, layer.className).length ?? 0;
}

/** Groups with weights per class, in the order of their numbers. */
function groupsByClass(object: WeightObject): Map<string, WeightObject[]> {
  const groups = new Map<string, WeightObject[]>();
  for (const container of LAYER_GROUPS) {
    const children = object.children.get(container)?.children ?? new Map<string, WeightObject>();
    for (const name of [...children.keys()].sort(byNumber)) {
      const child = children.get(name);
      if (child === undefined || !hasWeights(child)) continue;
      const className = name.replace(/_\d+$/, '');
      groups.set(className, [...(groups.get(className) ?? []), child]);
    }
  }
  return groups;
}

function hasWeights({ variables, children }: WeightObject): boolean {
  return variables.length > 0 || [...children.values()].some(hasWeights);
}

/** Parts of one layer in the order Keras lists their weights; others follow by name and number. */
const PARTS = [
  'forward_layer',
  'backward_layer',
  'query_dense',
  'key_dense',
  'value_dense',
  'output_dense',
  'cell',
  'cells',
  'layer',
];

function inOrder({ variables, children }: WeightObject): KerasWeight[] {
  // Keras 2 calls the parts of attention _query_dense and so on.
  const rank = (name: string) => {
    const at = PARTS.indexOf(name.replace(/^_/, ''));
    return at < 0 ? PARTS.length : at;
  };
  const names = [...children.keys()].sort((a, b) => rank(a) - rank(b) || byNumber(a, b));
  return [
    ...variables,
    ...names.flatMap((name) => {
      const child = children.get(name);
      return child === undefined ? [] : inOrder(child);
    }),
  ];
}

/** `BatchNormalization` is `batch_normalization`, `Conv2DTranspose` is `conv2d_transpose`. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
