// One call of one layer: the `Layer` that layer files see.

import { int } from '../../graph/attribute.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { type DType, isFloat } from '../../graph/dtype.ts';
import { type Graph, tensorType } from '../../graph/model.ts';
import { elementCount, int64, type Tensor, type TypedArray } from '../../graph/tensor.ts';
import { elementType } from '../../ops/element-type.ts';
import { applyNamed, readActivation } from './activations.ts';
import { LayerConfig } from './config.ts';
import type { KerasWeight } from './file.ts';
import { policyName } from './input.ts';
import type { Layer, LayerFamily, NodeOptions, Parameter, Value, WeightPart } from './layer.ts';
import type { LoweringOptions } from './lower.ts';
import type { Arguments } from './operators/call.ts';
import { mergedMask } from './recurrent/mask.ts';
import type { Dialect } from './spec.ts';

/** What all calls of a layer share. */
export type LayerHome = {
  readonly path: string;
  readonly config: LayerConfig;
  readonly weights: readonly KerasWeight[];
  /** Constants made so far, by suffix. */
  readonly constants: Map<string, Parameter>;
  /** The layer inside a wrapper. */
  readonly wrapped?: Wrapped | undefined;
};

export type Wrapped = {
  readonly className: string;
  call(inputs: readonly Value[]): readonly Value[];
};

/** What a call gives by name. */
export type Given = {
  readonly tensors: ReadonlyMap<string, readonly (Value | null)[]>;
  readonly options: Readonly<Record<string, unknown>>;
  /** Everything an operator is called with. */
  readonly values?: Arguments<Value>;
};

const NOTHING: Given = { tensors: new Map(), options: {} };

export class BoundLayer implements Layer {
  readonly name: string;
  readonly className: string;
  readonly config: LayerConfig;
  readonly dialect: Dialect;
  readonly inputs: readonly Value[];
  readonly dtype: DType;
  readonly #options: LoweringOptions;
  readonly #home: LayerHome;
  readonly #family: LayerFamily;
  /** In front of every suffix: set while an activation written as a layer is applied. */
  readonly #prefix: string;
  /** Where nodes are added: the whole graph, or one inside a node. */
  readonly #nodes: GraphBuilder;
  readonly #given: Given;
  readonly #masked: readonly Value[];

  constructor(
    options: LoweringOptions,
    home: LayerHome,
    className: string,
    family: LayerFamily,
    inputs: readonly Value[],
    given: Given = NOTHING,
    prefix = '',
    nodes = options.builder,
  ) {
    this.#nodes = nodes;
    this.#options = options;
    this.#home = home;
    this.#family = family;
    this.#given = given;
    this.#prefix = prefix;
    this.name = home.path;
    this.className = className;
    this.config = home.config;
    this.dialect = options.dialect;
    this.dtype = computeDType(home.config.raw.dtype, inputs);
    this.#masked = inputs;
    const seen = family.masks === 'own' ? inputs : inputs.map((input) => ({ ...input, mask: undefined }));
    this.inputs = family.keepsDType ? seen : seen.map((input, index) => this.#cast(input, index));
  }

  get input(): Value {
    const [input] = this.inputs;
    if (input === undefined || this.inputs.length !== 1) {
      return this.fail(`it is called with ${this.inputs.length} tensors and takes one`);
    }
    return input;
  }

  keyword(name: string): readonly (Value | null)[] {
    const values = this.#given.tensors.get(name) ?? [];
    return values.map((value, index) =>
      value === null || !isFloat(value.dtype) ? value : this.#cast(value, index),
    );
  }

  get arguments(): Arguments<Value> | undefined {
    return this.#given.values;
  }

  option(name: string): unknown {
    return this.#given.options[name];
  }

  run(): readonly Value[] {
    const result = this.#family.lower(this);
    const values: readonly Value[] = Array.isArray(result) ? result : [result as Value];
    const mask = this.#family.masks === 'pass' ? mergedMask(this, this.#masked) : undefined;
    return mask === undefined ? values : values.map((value) => ({ ...value, mask }));
  }

  parameter(slot: string, dims: readonly (number | null)[], change?: (tensor: Tensor) => Tensor): Parameter {
    return this.combined(slot, [{ slot, dims }], ([tensor]) => {
      if (tensor === undefined) return this.fail(`its ${slot} is missing`);
      return change === undefined ? tensor : change(tensor);
    });
  }

  combined(
    name: string,
    parts: readonly WeightPart[],
    make: (tensors: readonly Tensor[]) => Tensor,
  ): Parameter {
    const known = this.#home.constants.get(name);
    if (known !== undefined) return known;
    const tensors = parts.map(({ slot, dims }) => this.#read(slot, dims));
    const tensor = widen(make(tensors), this.dtype);
    const stored = this.#options.builder.constant(`${this.name}/${name}`, tensor);
    const parameter = { name: this.#castConstant(name, stored, tensor.dtype), dims: tensor.dims };
    this.#home.constants.set(name, parameter);
    return parameter;
  }

  get wrappedClass(): string | undefined {
    return this.#home.wrapped?.className;
  }

  callWrapped(inputs: readonly Value[]): readonly Value[] {
    return this.#home.wrapped?.call(inputs) ?? this.fail('it wraps no layer');
  }

  #read(slot: string, dims: readonly (number | null)[]): Tensor {
    const weight = this.#weight(slot);
    const fits =
      dims.length === weight.dims.length &&
      dims.every((dim, axis) => dim === null || dim === weight.dims[axis]);
    if (!fits) {
      const expected = dims.map((dim) => dim ?? '?').join(' x ') || 'a single number';
      this.fail(`its ${slot} is ${weight.dims.join(' x ')} where ${expected} is expected`);
    }
    return this.#options.isDry ? described(weight) : weight.tensor();
  }

  add(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.addAll(opType, inputs, 1, options)[0] ?? '';
  }

  addAll(
    opType: string,
    inputs: readonly string[],
    count: number,
    { suffix = '', domain = '', attributes = {}, countsForward }: NodeOptions = {},
  ): readonly string[] {
    const path = [this.name, this.#prefix, suffix].filter((part) => part !== '').join('/');
    // Values are called otherwise than layers, so that an output of the model can have its layer's very name.
    const outputs = Array.from({ length: count }, (_, index) => `${path}:${index}`);
    // Names inside a node's graph must not hide those around it.
    const names =
      this.#nodes === this.#options.builder
        ? outputs
        : outputs.map((output) => this.#options.builder.fresh(output));
    return this.#nodes.addAll(opType, inputs, count, {
      name: path,
      domain,
      attributes,
      outputs: names,
      ...(countsForward ? { countsForward } : {}),
    });
  }

  subgraph(
    suffix: string,
    inputs: readonly Value[],
    build: (layer: Layer, inputs: readonly Value[]) => readonly Value[],
  ): Graph {
    const body = new GraphBuilder(`${this.name}/${suffix}`);
    const values = inputs.map(({ name, dtype, shape }): Value => {
      const inside = this.#options.builder.fresh(`${this.name}/${suffix}/${name}`);
      return { name: body.input(inside, dtype, shape), dtype, shape };
    });
    const prefix = [this.#prefix, suffix].filter((part) => part !== '').join('/');
    const inner = new BoundLayer(
      this.#options,
      this.#home,
      this.className,
      this.#family,
      [],
      NOTHING,
      prefix,
      body,
    );
    for (const { name, dtype, shape } of build(inner, values)) {
      body.graph.outputs.push(name);
      body.graph.types.set(name, tensorType(dtype, shape));
    }
    return body.graph;
  }

  numbers(suffix: string, values: readonly number[], dims: readonly number[]): string {
    const data = this.dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
    const dtype = this.dtype === 'float64' ? 'float64' : 'float32';
    return this.#constant(suffix, { dtype, dims, data }, true);
  }

  number(suffix: string, value: number): string {
    return this.numbers(suffix, [value], []);
  }

  ints(suffix: string, values: readonly number[]): string {
    return this.#constant(suffix, int64(values), false);
  }

  constant(suffix: string, tensor: Tensor): string {
    return this.#constant(suffix, tensor, false);
  }

  activate(value: Value, activation: unknown): Value {
    const read = readActivation(activation);
    if (read.kind === 'none') return value;
    if (read.kind === 'named') {
      return applyNamed(this, value, read.name, this.className === 'Activation' ? '' : read.name);
    }
    if (read.kind === 'custom') return this.fail(`its activation ${read.name} is not known`);
    const family = this.#options.familyOf(read.className);
    if (family === undefined) return this.fail(`its activation ${read.className} is not supported`);
    const config = new LayerConfig(read.config, (problem) => this.fail(problem));
    const home = { path: this.name, config, weights: [], constants: this.#home.constants };
    const suffix = read.className.toLowerCase();
    const [result] = new BoundLayer(
      this.#options,
      home,
      read.className,
      family,
      [value],
      NOTHING,
      this.#prefix === '' ? suffix : `${this.#prefix}/${suffix}`,
      this.#nodes,
    ).run();
    return result ?? this.fail(`its activation ${read.className} has no output`);
  }

  symbol(hint: string): string {
    return `${this.name}/${hint}`;
  }

  note(code: string, message: string): void {
    this.#options.note(this.name, code, message);
  }

  fail(problem: string): never {
    return this.#options.fail(problem, this.name);
  }

  refuse(reason: string): never {
    return this.#options.refuse(this.className, reason, this.name);
  }

  #weight(slot: string): KerasWeight {
    const slots = this.#family.weights?.(this.config, this.className) ?? [];
    const { weights } = this.#home;
    if (weights.length !== slots.length) {
      const names = slots.map(({ name }) => name).join(', ');
      this.fail(`it has ${weights.length} weights in the file where ${slots.length} are expected (${names})`);
    }
    const weight = weights[slots.findIndex(({ name }) => name === slot)];
    return weight ?? this.fail(`its ${slot} is missing`);
  }

  #constant(suffix: string, tensor: Tensor, isInOwnDType: boolean): string {
    const label = this.#prefix === '' ? suffix : `${this.#prefix}/${suffix}`;
    const known = this.#home.constants.get(label);
    if (known !== undefined) return known.name;
    const stored = this.#options.builder.constant(`${this.name}/${label}`, tensor);
    const name = isInOwnDType ? this.#castConstant(label, stored, tensor.dtype) : stored;
    this.#home.constants.set(label, { name, dims: tensor.dims });
    return name;
  }

  /** float16 constants are stored as they come and cast in the graph, where constants are folded anyway. */
  #castConstant(label: string, name: string, from: DType): string {
    if (from === this.dtype || !isFloat(from)) return name;
    const path = `${this.name}/${label}/cast`;
    return this.#options.builder.add('Cast', [name], {
      name: path,
      attributes: castTo(this.dtype),
      outputs: [`${path}:0`],
    });
  }

  #cast(input: Value, index: number): Value {
    if (input.dtype === this.dtype) return input;
    const suffix = index === 0 ? 'cast' : `cast_${index}`;
    const name = this.add('Cast', [input.name], { suffix, attributes: castTo(this.dtype) });
    return { ...input, name, dtype: this.dtype };
  }
}

function castTo(dtype: DType) {
  return { to: int(elementType(dtype)) };
}

/**
 * What a layer computes in. Mixed policies and bfloat16 compute in float32: their weights are kept in it, and a
 * converted model should not be less exact than it can be.
 */
function computeDType(policy: unknown, inputs: readonly Value[]): DType {
  const name = policyName(policy);
  if (name === 'float16' || name === 'float64') return name;
  // Keras 1 and early Keras 2 do not write a dtype; everything follows the input there.
  const [first] = inputs;
  return name === undefined && first !== undefined && first.dtype === 'float64' ? 'float64' : 'float32';
}

function described({ dtype, dims }: KerasWeight): Tensor {
  return { dtype, dims, data: new Float32Array(0) };
}

/** Between float32 and float64 the numbers themselves are converted. */
function widen(tensor: Tensor, to: DType): Tensor {
  if (tensor.dtype === to || !['float32', 'float64'].includes(tensor.dtype)) return tensor;
  const data = tensor.data as TypedArray as Float32Array;
  if (to === 'float64') return { dtype: to, dims: tensor.dims, data: Float64Array.from(data) };
  if (to !== 'float32') return tensor;
  if (data.length === 0 && elementCount(tensor.dims) > 0) return { ...tensor, dtype: to };
  return { dtype: to, dims: tensor.dims, data: Float32Array.from(data) };
}
