// Reads the architecture of any Keras version into one shape (spec.ts). Unknown keys are kept: layers look at them later.

import { readCall, readRefs } from './inbound.ts';
import { readInput } from './input.ts';
import { asList, asRecord, type Fail, isRecord } from './json-shape.ts';
import { translateKeras1 } from './keras1.ts';
import { readArguments } from './operators/call.ts';
import { operatorName } from './operators/names.ts';
import type { Dialect, LayerCall, LayerSpec, ModelSpec, TensorRef } from './spec.ts';

const MODEL_CLASSES = new Set(['Sequential', 'Model', 'Functional', 'Container']);
/** Classes that call the one layer inside them. */
const WRAPPERS = new Set(['TimeDistributed', 'SpectralNormalization']);
const DEEPEST = 300;

/** True for the classes Keras itself uses for models; a subclass with code of its own is none of them. */
export function isModelClass(className: string): boolean {
  return MODEL_CLASSES.has(className);
}

/** `root` is the parsed model_config. `fail` throws MODEL_DAMAGED. */
export function normalize(root: unknown, dialect: Dialect, fail: Fail): ModelSpec {
  const { class_name: className, config } = asRecord(root, 'the architecture', fail);
  if (typeof className !== 'string') return fail('its architecture has no class_name');
  return readModel(className, config, { dialect, fail, depth: 0 });
}

type Scope = { readonly dialect: Dialect; readonly fail: Fail; readonly depth: number };

function readModel(className: string, config: unknown, scope: Scope): ModelSpec {
  if (scope.depth > DEEPEST) scope.fail(`models are nested more than ${DEEPEST} deep`);
  // Up to Keras 2.2 the configuration of a Sequential is the bare list of its layers.
  if (Array.isArray(config)) return readSequential('sequential', config, {}, scope);
  const record = asRecord(config, `the configuration of a ${className}`, scope.fail);
  const name = typeof record.name === 'string' ? record.name : className.toLowerCase();
  const layers = asList(record.layers, `the layers of ${name}`, scope.fail);
  return className === 'Sequential'
    ? readSequential(name, layers, record, scope)
    : readFunctional(name, layers, record, scope);
}

/** Each use of a layer becomes nodes of its own, with masks dozens; a network unrolled over time has some hundreds. */
const MOST_CALLS = 1000;

function readFunctional(
  name: string,
  layers: readonly unknown[],
  config: Readonly<Record<string, unknown>>,
  scope: Scope,
): ModelSpec {
  const read = layers.map((layer) => {
    const record = asRecord(layer, `a layer of ${name}`, scope.fail);
    const nodes = asList(record.inbound_nodes ?? [], 'inbound_nodes', scope.fail);
    if (nodes.length > MOST_CALLS) scope.fail(`a layer of ${name} is used ${nodes.length} times`);
    const isOperator = operatorName(record) !== undefined;
    const constants = isRecord(record.config) ? record.config.constants : undefined;
    const calls = nodes.map((node): LayerCall => {
      const call = readCall(node, scope.fail);
      if (!isOperator) return call;
      return { ...call, keywords: {}, options: {}, values: readArguments(node, constants, scope.fail) };
    });
    return readLayer(record, calls, scope);
  });
  checkNames(read, scope.fail);
  return renumber({
    name,
    layers: read,
    inputs: readRefs(config.input_layers, scope.fail),
    outputs: readRefs(config.output_layers, scope.fail),
  });
}

function readSequential(
  name: string,
  layers: readonly unknown[],
  config: Readonly<Record<string, unknown>>,
  scope: Scope,
): ModelSpec {
  const read: LayerSpec[] = [];
  const inputs: TensorRef[] = [];
  let last: readonly TensorRef[] = [];
  const append = (layer: LayerSpec) => {
    if (layer.input === undefined && last.length === 0) {
      const input = inputBefore(layer, config, scope);
      read.push(input);
      last = [{ layer: input.name, call: 0, tensor: 0 }];
      inputs.push(...last);
    }
    const calls: LayerCall[] =
      layer.input === undefined ? [{ inputs: last, extra: [], keywords: {}, options: {} }] : [];
    read.push({ ...layer, calls });
    last = [{ layer: layer.name, call: 0, tensor: 0 }];
    if (layer.input !== undefined) inputs.push(...last);
  };
  for (const item of layers) {
    const record = asRecord(item, `a layer of ${name}`, scope.fail);
    const branches = mergedBranches(record, scope);
    if (branches.length > 0) {
      // Keras 1: a Merge of several Sequentials in front. Its weights are stored under the inner layers' names.
      const ends: TensorRef[] = [];
      for (const branch of branches) {
        read.push(...branch.layers);
        inputs.push(...branch.inputs);
        ends.push(...branch.outputs);
      }
      last = ends;
    }
    append(readLayer(record, [], scope));
  }
  if (read.length === 0) scope.fail(`${name} has no layers`);
  checkNames(read, scope.fail);
  return { name, layers: read, inputs, outputs: last };
}

function mergedBranches(record: Readonly<Record<string, unknown>>, scope: Scope): ModelSpec[] {
  if (record.class_name !== 'Merge' || !isRecord(record.config) || !Array.isArray(record.config.layers))
    return [];
  return record.config.layers.map((branch) => {
    const { class_name: className, config } = asRecord(branch, 'a branch of Merge', scope.fail);
    return readModel(String(className), config, { ...scope, depth: scope.depth + 1 });
  });
}

/** The InputLayer a Sequential leaves out: its shape is written on the first layer, or on the model. */
function inputBefore(
  layer: LayerSpec,
  config: Readonly<Record<string, unknown>>,
  { dialect, fail }: Scope,
): LayerSpec {
  const inner = layer.model?.inputs[0];
  const innerLayer = layer.model?.layers.find(({ name }) => name === inner?.layer);
  const input =
    innerLayer?.input ??
    readInput(layer.config, dialect, fail) ??
    readInput({ batch_shape: config.build_input_shape, dtype: layer.config.dtype }, dialect, fail) ??
    builtInput(layer, dialect, fail);
  return {
    // Keras names the tensor after the model's own input when the first layer is a model.
    name:
      innerLayer !== undefined && innerLayer.name !== layer.name ? innerLayer.name : `${layer.name}_input`,
    className: 'InputLayer',
    spelled: 'InputLayer',
    origin: undefined,
    config: {},
    isTrainable: true,
    calls: [],
    model: undefined,
    input: input ?? { shape: [], dtype: 'float32' },
  };
}

function builtInput(layer: LayerSpec, dialect: Dialect, fail: Fail) {
  const built = isRecord(layer.config.build_config) ? layer.config.build_config.input_shape : undefined;
  return readInput({ batch_shape: built, dtype: layer.config.dtype }, dialect, fail);
}

function readLayer(
  record: Readonly<Record<string, unknown>>,
  calls: readonly LayerCall[],
  scope: Scope,
): LayerSpec {
  const { fail, dialect } = scope;
  if (typeof record.class_name !== 'string') return fail('a layer has no class_name');
  const spelled = record.class_name;
  const isModel = MODEL_CLASSES.has(spelled) && hasLayers(record.config);
  const written = Array.isArray(record.config) ? {} : asRecord(record.config ?? {}, `a ${spelled}`, fail);
  const name = [record.name, written.name].find((value) => typeof value === 'string');
  if (typeof name !== 'string' || name === '') return fail(`a ${spelled} layer has no name`);
  const { className, config: plain } = translateKeras1(spelled, written, dialect);
  const wrapped = WRAPPERS.has(className) ? readInside(plain.layer, spelled, scope) : undefined;
  const config = className === 'Bidirectional' ? withHalves(plain, scope) : plain;
  return {
    name,
    className: operatorName(record) ?? className,
    spelled,
    origin: originOf(record),
    // Keras 3 writes the shapes a layer was built for beside its configuration.
    config: record.build_config === undefined ? config : { ...config, build_config: record.build_config },
    isTrainable: config.trainable !== false,
    calls,
    model: isModel ? readModel(spelled, record.config, { ...scope, depth: scope.depth + 1 }) : undefined,
    wrapped,
    input: className === 'InputLayer' ? readInput(config, dialect, fail) : undefined,
  };
}

function readInside(written: unknown, wrapper: string, scope: Scope): LayerSpec {
  if (scope.depth > DEEPEST) scope.fail(`layers are nested more than ${DEEPEST} deep`);
  const record = asRecord(written, `the layer inside a ${wrapper}`, scope.fail);
  return readLayer(record, [], { ...scope, depth: scope.depth + 1 });
}

/** The layers inside a Bidirectional in the words of Keras 2 and 3. */
function withHalves(config: LayerSpec['config'], scope: Scope): LayerSpec['config'] {
  const halves = ['layer', 'backward_layer'].flatMap((key) => {
    if (!isRecord(config[key])) return [];
    const { className, config: own, origin } = readInside(config[key], 'Bidirectional', scope);
    return [[key, { class_name: origin ?? className, config: own }]];
  });
  return { ...config, ...Object.fromEntries(halves) };
}

function hasLayers(config: unknown): boolean {
  return Array.isArray(config) || (isRecord(config) && Array.isArray(config.layers));
}

/** Where a class that is not part of Keras comes from: its module or registered name. */
function originOf({ module, registered_name: registered, class_name }: Readonly<Record<string, unknown>>) {
  if (typeof registered === 'string' && registered.includes('>')) return registered;
  if (typeof class_name === 'string' && class_name.includes('>')) return class_name;
  if (typeof module !== 'string' || module === 'builtins') return undefined;
  const isOwn = /^(keras|tf_keras|tensorflow|tensorflow\.python\.keras)(\.|$)/.test(module);
  return isOwn ? undefined : module;
}

function checkNames(layers: readonly LayerSpec[], fail: Fail): void {
  const seen = new Set<string>();
  for (const { name } of layers) {
    if (seen.has(name)) fail(`two layers are called ${name}`, name);
    seen.add(name);
  }
}

/**
 * A model used as a layer has a first call of its own (from its inputs to its outputs), which Keras counts but does
 * not write: calls of such a layer are numbered from 1. They are numbered from 0 here.
 */
function renumber(model: ModelSpec): ModelSpec {
  const least = new Map<string, number>();
  const note = ({ layer, call }: TensorRef) => least.set(layer, Math.min(call, least.get(layer) ?? call));
  model.outputs.forEach(note);
  for (const layer of model.layers) {
    for (const { inputs, extra } of layer.calls) [...inputs, ...extra].forEach(note);
  }
  const shifted = new Set(
    model.layers.filter((layer) => layer.model && (least.get(layer.name) ?? 0) >= 1).map(({ name }) => name),
  );
  if (shifted.size === 0) return model;
  const shift = (refs: readonly TensorRef[]) =>
    refs.map((ref) => (shifted.has(ref.layer) ? { ...ref, call: ref.call - 1 } : ref));
  const layers = model.layers.map((layer) => ({
    ...layer,
    calls: layer.calls.map(({ inputs, extra, keywords, options }) => ({
      inputs: shift(inputs),
      extra: shift(extra),
      keywords: Object.fromEntries(
        Object.entries(keywords).map(([name, refs]) => [
          name,
          refs.map((ref) => (ref === null ? null : (shift([ref])[0] ?? ref))),
        ]),
      ),
      options,
    })),
  }));
  return { ...model, layers, outputs: shift(model.outputs) };
}
