// Walks the layers of a model in the order data flows and lets each add its nodes to the graph.

import type { GraphBuilder } from '../../graph/builder.ts';
import { BoundLayer, type LayerHome } from './bound-layer.ts';
import { LayerConfig } from './config.ts';
import type { KerasWeight } from './file.ts';
import type { Fail } from './json-shape.ts';
import type { Value } from './layer.ts';
import { resolveArguments } from './operators/call.ts';
import type { Dialect, LayerSpec, ModelSpec, TensorRef } from './spec.ts';
import type { FamilyOf } from './weights.ts';

/** Calls of layers in one model; models called inside models could otherwise grow without end. */
const MOST_CALLS = 200_000;

export type LoweringOptions = {
  readonly builder: GraphBuilder;
  readonly dialect: Dialect;
  readonly familyOf: FamilyOf;
  readonly weights: ReadonlyMap<string, readonly KerasWeight[]>;
  /** Only shapes are wanted: weights are described, not read. */
  readonly isDry: boolean;
  readonly fail: Fail;
  /** Throws OP_UNSUPPORTED for one layer. */
  readonly refuse: (opType: string, reason: string, layer: string) => never;
  /** What a layer does otherwise than in Keras. */
  readonly note: (layer: string, code: string, message: string) => void;
  /** An option of a layer that nothing understood. */
  readonly ignored: (layer: string, options: readonly string[]) => void;
};

export class Lowering {
  readonly options: LoweringOptions;
  readonly #homes = new Map<string, LayerHome>();
  #calls = 0;

  constructor(options: LoweringOptions) {
    this.options = options;
  }

  /** Lowers one call of a model; `prefix` is the path of the model followed by `/`, or ''. */
  model(model: ModelSpec, inputs: readonly Value[], prefix: string): Value[] {
    const { fail } = this.options;
    if (inputs.length !== model.inputs.length) {
      fail(
        `it is called with ${inputs.length} tensors and has ${model.inputs.length} inputs`,
        prefix || model.name,
      );
    }
    const made = new Map<string, readonly Value[]>();
    model.inputs.forEach((ref, index) => {
      const value = inputs[index];
      if (value !== undefined) made.set(key(ref.layer, ref.call), [value]);
    });
    for (const { layer, call } of inOrder(model, made, (names) =>
      fail(
        `layers wait for each other or for a tensor nobody makes: ${names.join(', ')}`,
        prefix || undefined,
      ),
    )) {
      const pick = (ref: TensorRef) => this.#pick(ref, made, prefix + layer.name);
      const values = layer.calls[call]?.inputs.map(pick) ?? [];
      made.set(key(layer.name, call), this.#layer(layer, call, values, pick, prefix + layer.name));
    }
    return model.outputs.map((ref) => this.#pick(ref, made, prefix || model.name));
  }

  #layer(
    layer: LayerSpec,
    call: number,
    inputs: readonly Value[],
    pick: (ref: TensorRef) => Value,
    path: string,
  ): readonly Value[] {
    const { fail, familyOf } = this.options;
    this.#calls++;
    if (this.#calls > MOST_CALLS) fail(`its layers are called more than ${MOST_CALLS} times`, path);
    if (layer.model !== undefined) return this.model(layer.model, inputs, `${path}/`);
    if (layer.input !== undefined) return inputs;
    const family = familyOf(layer.className);
    if (family === undefined) return fail(`${layer.className} is not supported`, path);
    let home = this.#homes.get(path);
    const isFirst = home === undefined;
    home ??= {
      path,
      config: new LayerConfig(layer.config, (problem) => fail(problem, path)),
      weights: this.options.weights.get(path) ?? [],
      constants: new Map(),
      wrapped: this.#wrapped(layer, path),
    };
    this.#homes.set(path, home);
    const { keywords = {}, options = {}, values } = layer.calls[call] ?? {};
    const named = Object.entries(keywords).map(([name, refs]): [string, (Value | null)[]] => [
      name,
      refs.map((ref) => (ref === null ? null : pick(ref))),
    ]);
    const given = {
      tensors: new Map(named),
      options,
      ...(values && { values: resolveArguments(values, pick) }),
    };
    const bound = new BoundLayer(this.options, home, layer.className, family, inputs, given);
    const outputs = bound.run();
    this.options.builder.layer(
      path,
      layer.spelled,
      outputs.map(({ name }) => name),
    );
    const unread = home.config.unread();
    if (isFirst && unread.length > 0) this.options.ignored(path, unread);
    return outputs;
  }

  #wrapped(layer: LayerSpec, path: string): LayerHome['wrapped'] {
    const { wrapped } = layer;
    if (wrapped === undefined) return undefined;
    const inside = `${path}/${wrapped.name}`;
    // A wrapped layer is called with tensors by position alone.
    const pick = () => this.options.fail('it is called with tensors given by name', inside);
    return {
      className: wrapped.className,
      call: (inputs) => this.#layer(wrapped, 0, inputs, pick, inside),
    };
  }

  #pick(ref: TensorRef, made: ReadonlyMap<string, readonly Value[]>, at: string): Value {
    const value = made.get(key(ref.layer, ref.call))?.[ref.tensor];
    return (
      value ??
      this.options.fail(
        `it uses output ${ref.tensor} of call ${ref.call} of ${ref.layer}, which is not there`,
        at,
      )
    );
  }
}

type Unit = { readonly layer: LayerSpec; readonly call: number; readonly order: number };

function key(layer: string, call: number): string {
  return `${call}:${layer}`;
}

/** Every call of every layer, each after those it reads from; in the file's order where that is one. */
function* inOrder(
  model: ModelSpec,
  made: ReadonlyMap<string, unknown>,
  stuck: (layers: readonly string[]) => never,
): Generator<Unit> {
  const waiting = new Map<Unit, number>();
  const readers = new Map<string, Unit[]>();
  const done = new Set<string>(made.keys());
  const units: Unit[] = [];
  for (const layer of model.layers) {
    if (layer.input !== undefined) continue;
    for (const call of layer.calls.keys()) units.push({ layer, call, order: units.length });
  }
  for (const unit of units) {
    const { inputs = [], extra = [] } = unit.layer.calls[unit.call] ?? {};
    const needs = new Set([...inputs, ...extra].map((ref) => key(ref.layer, ref.call)));
    for (const need of done) needs.delete(need);
    waiting.set(unit, needs.size);
    for (const need of needs) addTo(readers, need, unit);
  }
  for (const first of units) {
    const ready = waiting.get(first) === 0 ? [first] : [];
    for (let unit = ready.pop(); unit !== undefined; unit = ready.pop()) {
      if (!waiting.delete(unit)) continue;
      yield unit;
      for (const reader of readers.get(key(unit.layer.name, unit.call)) ?? []) {
        const left = (waiting.get(reader) ?? 0) - 1;
        waiting.set(reader, left);
        // A later unit waits for its turn in the file's order unless that has passed.
        if (left === 0 && reader.order <= first.order) ready.push(reader);
      }
    }
  }
  if (waiting.size > 0) stuck([...waiting.keys()].slice(0, 10).map(({ layer }) => layer.name));
}

function addTo(readers: Map<string, Unit[]>, need: string, unit: Unit): void {
  const list = readers.get(need);
  if (list === undefined) readers.set(need, [unit]);
  else list.push(unit);
}
