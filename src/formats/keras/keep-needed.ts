// Leaves out the layers that chosen outputs do not need: what cannot be converted may stand behind them.

import type { LayerSpec, ModelSpec, TensorRef } from './spec.ts';

/**
 * The model with the layers that these need, all calls of a layer together; the chosen layers are outputs of it. Names
 * are of layers, or of what is inside one (`encoder/dense`). The model itself when one of them is neither.
 */
export function keepNeeded(model: ModelSpec, names: readonly string[]): ModelSpec {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const chosen: LayerSpec[] = [];
  for (const name of names) {
    const layer = layers.get(name) ?? outermost(name, layers);
    if (layer === undefined) return model;
    chosen.push(layer);
  }
  const needed = new Set<LayerSpec>(chosen);
  // A Set is walked in the order of adding, what is added meanwhile included.
  for (const layer of needed) {
    for (const { inputs, extra } of layer.calls) {
      for (const ref of [...inputs, ...extra]) {
        const source = layers.get(ref.layer);
        if (source !== undefined) needed.add(source);
      }
    }
  }
  const isKept = ({ layer }: TensorRef) => needed.has(layers.get(layer) as LayerSpec);
  const kept = model.outputs.filter(isKept);
  const added = chosen
    .filter((layer) => layer.input === undefined && !kept.some((ref) => ref.layer === layer.name))
    .map((layer) => ({ layer: layer.name, call: Math.max(0, layer.calls.length - 1), tensor: 0 }));
  return {
    ...model,
    layers: model.layers.filter((layer) => needed.has(layer)),
    inputs: model.inputs.filter(isKept),
    outputs: [...kept, ...added],
  };
}

/** The layer whose name is the longest beginning of a path. */
function outermost(path: string, layers: ReadonlyMap<string, LayerSpec>): LayerSpec | undefined {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const found = layers.get(path.slice(0, end));
    if (found !== undefined) return found;
  }
  return undefined;
}
