// Turns a Keras architecture (Keras 1, 2 or 3) into the one form tfjs-layers deserializes: a Model with
// inbound nodes. Independent of src/formats/keras on purpose: this is what checks it.

import { renameKeras1 } from './keras1.ts';
import { DECLARED, type Dict, rewriteLayer } from './layers.ts';
import { Unsupported } from './unsupported.ts';

export type Architecture = { readonly class_name: string; readonly config: Dict };

type NamedMutable = { readonly class_name: string; readonly config: Record<string, unknown> };

const modelClasses = new Set(['Sequential', 'Model', 'Functional']);

/** `model` is `{class_name, config}` as the file has it; `major` the Keras version it was written by. */
export function normalize(model: Dict, major: number): Architecture {
  const { class_name: className, config } = model;
  if (className === 'Sequential') return sequential(config, major);
  if (className === 'Model' || className === 'Functional') return functional(dict(config), major);
  throw new Unsupported(`a model of class ${String(className)}`);
}

/** What the file says of the dtype of each input that tfjs takes as something narrower. */
export function declaredDtypes({ config }: Architecture): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const each of list(config.layers)) {
    const { class_name, config: options } = dict(each);
    const { name, [DECLARED]: declared } = dict(options);
    if (class_name === 'InputLayer' && typeof declared === 'string') found.set(String(name), declared);
  }
  return found;
}

function sequential(config: unknown, major: number): Architecture {
  // Keras up to 2.1 writes the bare list of layers.
  const given = Array.isArray(config) ? { layers: config } : dict(config);
  const layers: NamedMutable[] = list(given.layers).map((layer) => normalizeLayer(dict(layer), major));
  const [first] = layers;
  if (!first) throw new Unsupported('a Sequential model without layers');
  if (modelClasses.has(first.class_name)) layers.unshift(inputOf(first));
  else if (first.class_name !== 'InputLayer')
    layers.unshift(inputLayer(first.config, given.build_input_shape));
  // As a chain of inbound nodes: tfjs checks those more thoroughly than its own Sequential.
  // Making a model counts as its first call, so that here it is called for the second time.
  const results = layers.map(({ class_name, config }) => [
    config.name,
    modelClasses.has(class_name) ? 1 : 0,
    0,
  ]);
  const chain = layers.map((layer, at) => {
    // Some files keep the shape that a layer once had elsewhere.
    if (at > 0 && !modelClasses.has(layer.class_name)) delete layer.config.batch_input_shape;
    const [before] = results.slice(at - 1);
    return { ...layer, name: layer.config.name, inbound_nodes: at > 0 && before ? [[[...before, {}]]] : [] };
  });
  return {
    class_name: 'Model',
    config: {
      name: given.name ?? 'sequential',
      layers: chain,
      input_layers: results.slice(0, 1),
      output_layers: results.slice(-1),
    },
  };
}

/** The input of a model that a Sequential model starts with. */
function inputOf({ config }: NamedMutable): NamedMutable {
  const [reference, ...more] = list(config.input_layers);
  const [name] = list(reference);
  const found = list(config.layers)
    .map(dict)
    .find((layer) => layer.name === name);
  if (!found || more.length > 0) throw new Unsupported('a Sequential model that starts with several inputs');
  return {
    class_name: 'InputLayer',
    config: { ...dict(found.config), name: `${String(config.name)}_input` },
  };
}

/** The input a Sequential model leaves to its first layer, named as Keras names it. */
function inputLayer(first: Record<string, unknown>, buildShape: unknown): NamedMutable {
  const shape = first.batch_input_shape ?? buildShape;
  if (!Array.isArray(shape)) throw new Unsupported('a Sequential model that does not tell its input shape');
  const { dtype, [DECLARED]: declared } = first;
  delete first.batch_input_shape;
  delete first.dtype; // tfjs would give it to the weights
  return {
    class_name: 'InputLayer',
    config: {
      name: `${String(first.name)}_input`,
      batch_input_shape: shape,
      ...(dtype ? { dtype, [DECLARED]: declared } : {}),
    },
  };
}

function functional(config: Dict, major: number): Architecture {
  const layers = list(config.layers).map((each) => {
    const layer = dict(each);
    const name = layer.name ?? dict(layer.config).name;
    const inbound = list(layer.inbound_nodes).map(inboundNode);
    const normal = normalizeLayer(layer, major);
    // Only the shape of an InputLayer counts here; tf.keras 2.4 even writes wrong ones on others.
    if (normal.class_name !== 'InputLayer') {
      delete normal.config.batch_input_shape;
      delete normal.config.dtype;
    }
    return { ...normal, name, inbound_nodes: inbound };
  });
  const outputs = references(config.output_layers);
  for (const { class_name, name } of layers) {
    if (modelClasses.has(class_name))
      countMaking(name, [...layers.flatMap((each) => each.inbound_nodes), outputs]);
  }
  return {
    class_name: 'Model',
    config: {
      name: config.name ?? 'model',
      layers,
      input_layers: references(config.input_layers),
      output_layers: outputs,
    },
  };
}

/** tfjs counts the making of a model as its first call; so does Keras, but not for every kind in every version. */
function countMaking(name: unknown, calls: readonly unknown[][]): void {
  const own = calls
    .flat()
    .filter((tensor): tensor is unknown[] => Array.isArray(tensor) && tensor[0] === name);
  if (own.some((tensor) => tensor[1] === 0)) for (const tensor of own) tensor[1] = Number(tensor[1]) + 1;
}

function normalizeLayer(layer: Dict, major: number): NamedMutable {
  const className = String(layer.class_name);
  if (modelClasses.has(className)) {
    const nested = normalize(layer, major);
    const name = layer.name ?? nested.config.name;
    return { class_name: nested.class_name, config: { ...nested.config, ...(name ? { name } : {}) } };
  }
  const named = { class_name: className, config: dict(layer.config) };
  const modern = major === 1 ? renameKeras1(named) : named;
  const { class_name, config } = rewriteLayer(modern, major);
  const inner = config.layer;
  if (typeof inner === 'object' && inner !== null) {
    return { class_name, config: { ...config, layer: normalizeLayer(dict(inner), major) } };
  }
  return { class_name, config: { ...config } };
}

/** One call of a layer as `[[layer, call, output, {}], …]`. */
function inboundNode(node: unknown): unknown[] {
  if (Array.isArray(node)) {
    return node.map((entry) => {
      if (!Array.isArray(entry)) throw new Unsupported('a layer called with something that is no tensor');
      const [layer, call, output, keywords] = entry;
      if (hasTensor(keywords)) throw new Unsupported(`a layer called with a tensor by keyword, of ${layer}`);
      return [layer, call, output, {}];
    });
  }
  // Keras 3: { args, kwargs } with the tensors as objects inside.
  const { args, kwargs } = dict(node);
  if (hasTensor(kwargs)) throw new Unsupported('a layer called with a tensor by keyword');
  const found: unknown[] = [];
  collect(args, found);
  if (found.length === 0) throw new Unsupported('a layer called without a tensor');
  return found;
}

function collect(value: unknown, found: unknown[]): void {
  if (Array.isArray(value)) for (const each of value) collect(each, found);
  else if (isTensor(value)) {
    const [layer, call, output] = list(dict(dict(value).config).keras_history);
    found.push([layer, call, output, {}]);
  }
}

function isTensor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (value as Dict).class_name === '__keras_tensor__';
}

function hasTensor(value: unknown): boolean {
  if (isTensor(value)) return true;
  if (Array.isArray(value)) {
    // Keras 2 spells a tensor [layer, call, output].
    if (value.length >= 3 && typeof value[0] === 'string' && typeof value[1] === 'number') return true;
    return value.some(hasTensor);
  }
  return typeof value === 'object' && value !== null && Object.values(value).some(hasTensor);
}

/** Always a list of `[layer, call, output]`; Keras 3 leaves the outer list out when there is one. */
function references(value: unknown): unknown[][] {
  if (Array.isArray(value)) return typeof value[0] === 'string' ? [[...value]] : value.flatMap(references);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(references);
  throw new Unsupported('a model that does not name its inputs and outputs');
}

function dict(value: unknown): Dict {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Dict;
  throw new Unsupported('an architecture with something missing');
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Unsupported('an architecture with something missing');
}
