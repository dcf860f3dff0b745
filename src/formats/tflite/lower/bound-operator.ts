// One operator while it is lowered: the `Op` that operator files see.

import { int } from '../../../graph/attribute.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import type { DType } from '../../../graph/dtype.ts';
import { type Graph, tensorType } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { Quantization } from '../records.ts';
import { BoundSlots, isHalf } from './bound-slots.ts';
import type { Carried, GraphInput, GraphOutput, Op } from './definition.ts';
import { isSame as isEqual, permuted } from './quantization.ts';
import { quantize } from './quantize.ts';
import type { Scope, Slot } from './scope.ts';

export class BoundOperator extends BoundSlots implements Op {
  // Inputs

  work(index: number): DType {
    const { quantization, dtype } = this.slotOf(index);
    return quantization === undefined ? computedIn(dtype) : 'float32';
  }

  as(index: number, dtype: DType): string {
    const slot = this.slotOf(index);
    const value = this.real(index);
    const from = slot.quantization === undefined && !isHalf(slot.dtype) ? slot.dtype : 'float32';
    return from === dtype ? value : this.cast(value, dtype, `${this.input(index).name}/cast`);
  }

  arranged(index: number, perm: readonly number[]): string {
    const { name } = this.input(index);
    const slot = this.slotOf(index);
    const attributes = { perm: int(perm) };
    const { quantization } = slot;
    if (slot.tensor === undefined && quantization?.scale.length === 1) {
      // Stored values are moved rather than numbers: runtimes look for DequantizeLinear right in front of an operator.
      const stored = this.emit('Transpose', [this.stored(index)], {
        suffix: `${name}/transpose`,
        attributes,
      });
      return this.numbersOf({ dtype: slot.dtype, quantization, stored }, name);
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
    return this.numbersOf(arranged, name);
  }

  reshaped(index: number, dims: readonly number[]): string {
    const { dtype, quantization } = this.slotOf(index);
    const { name } = this.input(index);
    const reshape = (value: string) =>
      this.emit('Reshape', [value, this.ints(`${name}/dims`, dims)], { suffix: `${name}/reshape` });
    if (quantization?.scale.length !== 1) return reshape(this.real(index));
    return this.numbersOf({ dtype, quantization, stored: reshape(this.stored(index)) }, name);
  }

  dequantized(index: number, value: string): string {
    const { dtype, quantization } = this.slotOf(index);
    return this.numbersOf({ dtype, quantization, stored: value }, this.input(index).name);
  }

  requantized(index: number, value: string, suffix: string): string {
    const operand = this.input(index);
    const { quantization, dtype } = operand;
    if (quantization === undefined) return value;
    const stored = quantize(this, value, operand, quantization, suffix);
    return this.numbersOf({ dtype, quantization, stored }, suffix);
  }

  parts(index: number): readonly [string, string] {
    return this.slotOf(index).parts ?? this.refuse('its complex input is not the result of an RFFT2D');
  }

  carry(inputs: readonly number[], refused: readonly DType[] = [], requantizes = false): Carried {
    const output = this.output();
    const slots = inputs.map((index) => this.slotOf(index));
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
          this.set(index, { stored: value, dtype, quantization: this.output(index).quantization }),
      };
    }
    if (quantization === undefined) return this.#numbers(inputs, refused);
    return {
      // As if all had the first one's scale: interpreters move what is stored, whatever it stands for.
      inputs: inputs.map((index) =>
        this.numbersOf({ dtype, quantization, stored: this.stored(index) }, this.input(index).name),
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
    this.set(index, { stored, dtype: output.dtype, quantization });
  }

  giveLike(index: number, value: string, input: number, perm?: readonly number[]): void {
    const { quantization, dtype } = this.slotOf(input);
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
    this.set(index, { stored, dtype, quantization: output.quantization });
  }

  giveStored(index: number, value: string): void {
    const { dtype, quantization } = this.output(index);
    this.set(index, { stored: value, dtype, quantization });
  }

  giveConstant(index: number, tensor: Tensor, quantization?: Quantization): void {
    this.set(index, { tensor, dtype: tensor.dtype, quantization });
  }

  giveParts(index: number, parts: readonly [string, string]): void {
    this.set(index, { parts, dtype: this.output(index).dtype });
  }

  giveVariable(index: number, variable: string): void {
    this.set(index, { variable, dtype: 'int32' });
  }

  // Graphs inside nodes

  graph(
    suffix: string,
    inputs: readonly GraphInput[],
    build: (op: Op, inputs: readonly string[]) => readonly GraphOutput[],
  ): Graph {
    const { names } = this.options.program.options;
    const builder = new GraphBuilder(this.path(suffix));
    const values = inputs.map(({ name, dtype, shape }) => {
      const value = builder.input(names.claim(this.path(`${suffix}/${name}`)), dtype, shape ?? []);
      builder.graph.types.set(value, tensorType(dtype, shape));
      return value;
    });
    // What is made in there cannot be used out here.
    const slots = new Map([...this.scope.slots].map(([index, slot]) => [index, { ...slot }]));
    const scope: Scope = { ...this.scope, builder, slots, isNested: true };
    const prefix = `${this.options.prefix ?? ''}${suffix}/`;
    const inner = new BoundOperator({ ...this.options, scope, prefix });
    for (const { value, dtype } of build(inner, values)) {
      // An output has to be made by a node of this very graph.
      const output = inner.emit('Identity', [value], { suffix: 'output' });
      builder.graph.outputs.push(output);
      builder.graph.types.set(output, tensorType(dtype));
    }
    return builder.graph;
  }

  call(subgraph: number, inputs: readonly (string | Slot)[]): readonly GraphOutput[] {
    return this.options.program.run(subgraph, { ...this.scope, depth: this.scope.depth + 1 }, inputs);
  }
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
