// One operator while it is lowered: the `Op` that operator files see.

import { int } from '../../../graph/attribute.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import type { DType } from '../../../graph/dtype.ts';
import { type Graph, tensorType } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import { int64, type Tensor } from '../../../graph/tensor.ts';
import type { Quantization, Subgraph, TfliteTensor } from '../records.ts';
import { castNumber } from './cast-to.ts';
import type { Carried, EmitOptions, GraphInput, GraphOutput, Op } from './definition.ts';
import type { Program } from './program.ts';
import { isSame as isEqual, permuted } from './quantization.ts';
import { dequantize, quantize } from './quantize.ts';
import type { Scope, Slot } from './scope.ts';
import { onlyNumber, type State } from './state.ts';
import { tensorOf } from './tensors.ts';
import { BoundView, type ViewOptions } from './view.ts';

export type OperatorOptions = ViewOptions & {
  readonly scope: Scope;
  readonly label: string;
  readonly program: Program;
  /** In front of every suffix: set inside a graph of a node. */
  readonly prefix?: string;
};

export class BoundOperator extends BoundView implements Op {
  readonly #options: OperatorOptions;
  readonly #scope: Scope;

  constructor(options: OperatorOptions) {
    super(options);
    this.#options = options;
    this.#scope = options.scope;
  }

  // Inputs

  override tensor(index: number): Tensor | undefined {
    return this.hasInput(index) ? this.#constant(this.input(index).index) : undefined;
  }

  stored(index: number): string {
    return this.#stored(this.#slot(index), this.input(index).name);
  }

  storedDType(index: number): DType {
    return this.#slot(index).dtype;
  }

  real(index: number): string {
    const slot = this.#slot(index);
    slot.real ??= this.#real(slot, this.input(index).name);
    return slot.real;
  }

  work(index: number): DType {
    const { quantization, dtype } = this.#slot(index);
    return quantization === undefined ? computedIn(dtype) : 'float32';
  }

  as(index: number, dtype: DType): string {
    const slot = this.#slot(index);
    const value = this.real(index);
    const from = slot.quantization === undefined && !isHalf(slot.dtype) ? slot.dtype : 'float32';
    return from === dtype ? value : this.cast(value, dtype, `${this.input(index).name}/cast`);
  }

  arranged(index: number, perm: readonly number[]): string {
    const { name } = this.input(index);
    const slot = this.#slot(index);
    const attributes = { perm: int(perm) };
    const { quantization } = slot;
    if (slot.tensor === undefined && quantization?.scale.length === 1) {
      // Stored values are moved rather than numbers: runtimes look for DequantizeLinear right in front of an operator.
      const stored = this.emit('Transpose', [this.stored(index)], {
        suffix: `${name}/transpose`,
        attributes,
      });
      return this.#real({ dtype: slot.dtype, quantization, stored }, name);
    }
    if (slot.tensor === undefined || quantization?.blockwise !== undefined) {
      return this.emit('Transpose', [this.real(index)], { suffix: `${name}/transpose`, attributes });
    }
    if (perm.length !== slot.tensor.dims.length) this.fail(`${name} has ${slot.tensor.dims.length} axes`);
    const tensor = permute(slot.tensor, perm);
    const arranged: Slot = {
      dtype: slot.dtype,
      tensor,
      quantization: quantization && permuted(quantization, perm),
    };
    return this.#real(arranged, name);
  }

  reshaped(index: number, dims: readonly number[]): string {
    const { dtype, quantization } = this.#slot(index);
    const { name } = this.input(index);
    const reshape = (value: string) =>
      this.emit('Reshape', [value, this.ints(`${name}/dims`, dims)], { suffix: `${name}/reshape` });
    if (quantization?.scale.length !== 1) return reshape(this.real(index));
    return this.#real({ dtype, quantization, stored: reshape(this.stored(index)) }, name);
  }

  dequantized(index: number, value: string): string {
    const { dtype, quantization } = this.#slot(index);
    return this.#real({ dtype, quantization, stored: value }, this.input(index).name);
  }

  requantized(index: number, value: string, suffix: string): string {
    const operand = this.input(index);
    const { quantization, dtype } = operand;
    if (quantization === undefined) return value;
    const stored = quantize(this, value, operand, quantization, suffix);
    return this.#real({ dtype, quantization, stored }, suffix);
  }

  parts(index: number): readonly [string, string] {
    return this.#slot(index).parts ?? this.refuse('its complex input is not the result of an RFFT2D');
  }

  carry(inputs: readonly number[], refused: readonly DType[] = [], requantizes = false): Carried {
    const output = this.output();
    const slots = inputs.map((index) => this.#slot(index));
    const [first] = slots;
    if (first === undefined) return this.fail('it has no inputs');
    const { dtype, quantization } = first;
    const isSame = (slot: Slot) => slot.dtype === dtype && isEqual(slot.quantization, output.quantization);
    if (requantizes && !slots.every(isSame)) return this.#numbers(inputs, refused);
    if (!slots.every((slot) => slot.dtype === dtype)) return this.#numbers(inputs, refused);
    if (!refused.includes(dtype)) {
      return {
        inputs: inputs.map((index) => this.stored(index)),
        dtype,
        zero: output.quantization?.zeroPoint[0] ?? 0,
        give: (index, value) =>
          this.#set(index, { stored: value, dtype, quantization: this.output(index).quantization }),
      };
    }
    if (quantization === undefined) return this.#numbers(inputs, refused);
    return {
      // As if all had the first one's scale: interpreters move what is stored, whatever it stands for.
      inputs: inputs.map((index) =>
        this.#real({ dtype, quantization, stored: this.stored(index) }, this.input(index).name),
      ),
      dtype: 'float32',
      zero: quantization.scale.length === 1 ? this.#zeroLike(quantization, output.quantization) : 0,
      give: (index, value) => this.giveLike(index, value, inputs[0] ?? 0),
    };
  }

  /** The number that is stored, at the input's scale, as the output's zero. */
  #zeroLike({ scale, zeroPoint }: Quantization, output: Quantization | undefined): number {
    return (scale[0] ?? 1) * ((output?.zeroPoint[0] ?? 0) - (zeroPoint[0] ?? 0));
  }

  #numbers(inputs: readonly number[], refused: readonly DType[]): Carried {
    const computed = this.work(inputs[0] ?? 0);
    const dtype = refused.includes(computed) ? 'int32' : computed;
    return {
      inputs: inputs.map((index) => this.as(index, dtype)),
      dtype,
      zero: 0,
      give: (index, value) => this.give(index, value, dtype),
    };
  }

  // Outputs

  give(
    index: number,
    value: string,
    dtype?: DType,
    perm?: readonly number[],
    dims?: readonly number[],
  ): void {
    const output = this.output(index);
    const { quantization } = output;
    const isReal = quantization !== undefined || output.dtype.startsWith('float') || isHalf(output.dtype);
    const from = dtype ?? (isReal && output.dtype !== 'float64' ? 'float32' : output.dtype);
    const suffix = index === 0 ? 'quantize' : `quantize_${index}`;
    const wanted = quantization === undefined ? output.dtype : 'float32';
    const converted = from === wanted ? value : this.cast(value, wanted);
    const ready = quantization ? quantize(this, converted, output, quantization, suffix) : converted;
    const attributes = perm && { perm: int(perm) };
    const moved = attributes ? this.emit('Transpose', [ready], { suffix: 'transpose', attributes }) : ready;
    const stored = dims
      ? this.emit('Reshape', [moved, this.ints('shape', dims)], { suffix: 'reshape' })
      : moved;
    this.#set(index, { stored, dtype: output.dtype, quantization });
  }

  giveLike(index: number, value: string, input: number, perm?: readonly number[]): void {
    const { quantization, dtype } = this.#slot(input);
    if (quantization === undefined) {
      this.give(index, value, this.work(input), perm);
      return;
    }
    const output = this.output(index);
    const suffix = index === 0 ? 'quantize' : `quantize_${index}`;
    const ready = quantize(this, value, { ...output, dtype }, quantization, suffix);
    const stored = perm
      ? this.emit('Transpose', [ready], { suffix: 'transpose', attributes: { perm: int(perm) } })
      : ready;
    this.#set(index, { stored, dtype, quantization: output.quantization });
  }

  giveStored(index: number, value: string): void {
    const { dtype, quantization } = this.output(index);
    this.#set(index, { stored: value, dtype, quantization });
  }

  giveConstant(index: number, tensor: Tensor, quantization?: Quantization): void {
    this.#set(index, { tensor, dtype: tensor.dtype, quantization });
  }

  giveParts(index: number, parts: readonly [string, string]): void {
    this.#set(index, { parts, dtype: this.output(index).dtype });
  }

  giveVariable(index: number, variable: string): void {
    this.#set(index, { variable, dtype: 'int32' });
  }

  // Nodes

  emit(opType: string, inputs: readonly string[], options?: EmitOptions): string {
    return this.emitAll(opType, inputs, 1, options)[0] ?? '';
  }

  emitAll(
    opType: string,
    inputs: readonly string[],
    count: number,
    { suffix = '', domain = '', attributes = {} }: EmitOptions = {},
  ): readonly string[] {
    const path = this.#path(suffix);
    const { names } = this.#options.program.options;
    const outputs = Array.from({ length: count }, (_, index) =>
      names.claim(index === 0 ? path : `${path}:${index}`),
    );
    return this.#scope.builder.addAll(opType, inputs, count, { name: path, domain, attributes, outputs });
  }

  cast(value: string, dtype: DType, suffix = 'cast'): string {
    const to = castNumber(dtype) ?? this.refuse(`its values become ${dtype}, which ONNX cannot cast to`);
    return this.emit('Cast', [value], { suffix, attributes: { to: int(to) } });
  }

  ints(suffix: string, values: readonly number[]): string {
    if (!values.every(Number.isInteger)) this.fail(`its ${suffix} are not whole numbers`);
    return this.make(suffix, int64(values));
  }

  numbers(suffix: string, dtype: DType, values: readonly number[], dims?: readonly number[]): string {
    const own = values.length === 1 ? [] : [values.length];
    return this.make(suffix, tensorOf(dtype, dims ?? own, values));
  }

  make(suffix: string, tensor: Tensor): string {
    const { names } = this.#options.program.options;
    return this.#scope.builder.constant(names.claim(this.#path(suffix)), tensor);
  }

  shapeOf(value: string, suffix = 'shape'): string {
    return this.emit('Shape', [value], { suffix });
  }

  // Graphs inside nodes

  graph(
    suffix: string,
    inputs: readonly GraphInput[],
    build: (op: Op, inputs: readonly string[]) => readonly GraphOutput[],
  ): Graph {
    const { names } = this.#options.program.options;
    const builder = new GraphBuilder(this.#path(suffix));
    const values = inputs.map(({ name, dtype, shape }) => {
      const value = builder.input(names.claim(this.#path(`${suffix}/${name}`)), dtype, shape ?? []);
      builder.graph.types.set(value, tensorType(dtype, shape));
      return value;
    });
    // What is made in there cannot be used out here.
    const slots = new Map([...this.#scope.slots].map(([index, slot]) => [index, { ...slot }]));
    const scope: Scope = { ...this.#scope, builder, slots, isNested: true };
    const prefix = `${this.#options.prefix ?? ''}${suffix}/`;
    const inner = new BoundOperator({ ...this.#options, scope, prefix });
    for (const { value, dtype } of build(inner, values)) {
      // An output has to be made by a node of this very graph.
      const output = inner.emit('Identity', [value], { suffix: 'output' });
      builder.graph.outputs.push(output);
      builder.graph.types.set(output, tensorType(dtype));
    }
    return builder.graph;
  }

  subgraphAt(index: number): Subgraph {
    return this.#options.program.subgraphAt(index);
  }

  call(subgraph: number, inputs: readonly (string | Slot)[]): readonly GraphOutput[] {
    return this.#options.program.run(subgraph, { ...this.#scope, depth: this.#scope.depth + 1 }, inputs);
  }

  get isNested(): boolean {
    return this.#scope.isNested;
  }

  get variables(): Map<string, Slot> {
    return this.#options.program.variables;
  }

  variable(index: number): string {
    return (
      this.#slot(index).variable ??
      this.refuse('it takes a handle that is not made by a VAR_HANDLE beside it')
    );
  }

  get keepsState(): boolean {
    return this.#state !== undefined;
  }

  beginVariables(): void {
    if (this.#state === undefined) return;
    for (const [name, { tensor, dtype, quantization }] of this.variables) {
      if (this.#state.has(name)) continue;
      const start = tensor && onlyNumber(tensor);
      if (tensor === undefined || start === undefined) {
        this.refuse(`its variable ${name} does not begin as one number everywhere`);
      }
      const { dims } = tensor;
      // The path that names it begins with its container, which is mostly empty.
      const stored = this.#state.get(name, name.replace(/^\//, ''), { dtype, dims, start });
      this.variables.set(name, { stored, dtype, quantization });
    }
  }

  keepVariable(variable: string, index: number): void {
    if (this.#state?.has(variable)) this.#state.set(variable, this.stored(index));
  }

  keep(index: number, value: string): void {
    const operand = this.input(index);
    if (this.#state === undefined || !operand.isVariable) return;
    const { quantization } = operand;
    const stored = quantization
      ? quantize(this, value, operand, quantization, `${operand.name}/kept`)
      : value;
    this.#state.set(this.#tensorOf(index), stored);
  }

  get #state(): State | undefined {
    return this.#options.program.options.state;
  }

  #tensorOf(index: number): TfliteTensor {
    const { tensors } = this.#scope.subgraph;
    return tensors[this.input(index).index] ?? this.fail(`it has no input ${index}`);
  }

  slotOf(index: number): Slot {
    return this.#slot(index);
  }

  held(index: number): Slot {
    return { ...this.#slot(index), stored: this.stored(index) };
  }

  giveSlot(index: number, slot: Slot): void {
    this.#set(index, { ...slot });
  }

  note(code: string, message: string): void {
    this.#options.program.options.note(this.#options.label, code, message);
  }

  refuse(reason: string): never {
    return this.#options.program.options.refuse(this.opcode, reason, this.#options.label);
  }

  // Slots

  #slot(index: number): Slot {
    const operand = this.input(index);
    const { slots } = this.#scope;
    let slot = slots.get(operand.index);
    if (slot !== undefined) return slot;
    const tensor = this.content(operand.index);
    if (tensor !== undefined) slot = { tensor, dtype: tensor.dtype, quantization: operand.quantization };
    else if (operand.isVariable) slot = this.#atStart(index);
    else return this.fail(`it reads ${JSON.stringify(operand.name)}, which nothing has made`);
    slots.set(operand.index, slot);
    return slot;
  }

  #constant(tensor: number): Tensor | undefined {
    const slot = this.#scope.slots.get(tensor);
    return slot === undefined ? this.content(tensor) : slot.tensor;
  }

  /** What a variable tensor holds at the start of a run. */
  #atStart(index: number): Slot {
    const { shape, dtype, quantization, name } = this.input(index);
    if (shape.includes(null)) this.fail(`variable ${name} has no fixed shape`);
    const zero = dtype === 'int8' || dtype === 'int16' ? (quantization?.zeroPoint[0] ?? 0) : 0;
    if (this.#state !== undefined) {
      if (this.isNested) this.refuse(`its state ${name} is inside a branch or a loop`);
      const initial = { dtype, dims: shape.map(Number), start: zero };
      return { stored: this.#state.get(this.#tensorOf(index), name, initial), dtype, quantization };
    }
    const stored = this.emit('ConstantOfShape', [this.ints(`${name}/shape`, shape.map(Number))], {
      suffix: `${name}/zeros`,
      attributes: { value: { type: 'tensor', value: tensorOf(dtype, [1], [zero]) } },
    });
    return { stored, dtype, quantization };
  }

  #set(index: number, slot: Slot): void {
    this.#scope.slots.set(this.output(index).index, slot);
  }

  #stored(slot: Slot, name: string): string {
    if (slot.stored === undefined && slot.tensor !== undefined) {
      const { names } = this.#options.program.options;
      slot.stored = this.#scope.builder.constant(names.claim(name), slot.tensor);
    }
    if (slot.stored !== undefined) return slot.stored;
    if (slot.list) return this.refuse('how many axes the tensors of its list have is not known');
    return this.refuse(`${JSON.stringify(name)} is a ${slot.parts ? 'complex value' : 'handle'}`);
  }

  #real(slot: Slot, name: string): string {
    if (slot.quantization !== undefined) {
      const { tensor, quantization } = slot;
      const blocks = quantization.blockwise && this.#blocks(quantization.blockwise);
      return dequantize(this, { tensor, quantization, dtype: slot.dtype, name, blocks }, () =>
        this.#stored(slot, name),
      );
    }
    const stored = this.#stored(slot, name);
    return isHalf(slot.dtype) ? this.cast(stored, 'float32', `${name}/float`) : stored;
  }

  #blocks({ scales, zeroPoints, blockSize }: NonNullable<Quantization['blockwise']>) {
    const scale = this.content(scales) ?? this.fail('the scales of its blocks are not constant');
    return { scale, zeroPoint: zeroPoints < 0 ? undefined : this.content(zeroPoints), blockSize };
  }

  #path(suffix: string): string {
    const { label, prefix = '' } = this.#options;
    const path = prefix + suffix;
    return path === '' ? label : `${label}/${path}`;
  }
}

function isHalf(dtype: DType): boolean {
  return dtype === 'float16' || dtype === 'bfloat16';
}

/** Runtimes compute in few integer types. */
function computedIn(dtype: DType): DType {
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
      return 'float32';
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'uint16':
      return 'int32';
    case 'uint32':
    case 'uint64':
      return 'int64';
    default:
      return dtype;
  }
}
