// What the tensors of one operator have become so far: values, the numbers those stand for, what is kept for the next run.

import type { DType } from '../../../graph/dtype.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { Quantization } from '../records.ts';
import { BoundNodes } from './bound-nodes.ts';
import { dequantize, quantize } from './quantize.ts';
import type { Slot } from './scope.ts';
import { onlyNumber, type State } from './state.ts';
import { tensorOf } from './tensors.ts';

export class BoundSlots extends BoundNodes {
  override tensor(index: number): Tensor | undefined {
    return this.hasInput(index) ? this.#contentOf(this.input(index).index) : undefined;
  }

  stored(index: number): string {
    return this.storedOf(this.slotOf(index), this.input(index).name);
  }

  storedDType(index: number): DType {
    return this.slotOf(index).dtype;
  }

  real(index: number): string {
    const slot = this.slotOf(index);
    slot.real ??= this.numbersOf(slot, this.input(index).name);
    return slot.real;
  }

  held(index: number): Slot {
    return { ...this.slotOf(index), stored: this.stored(index) };
  }

  giveSlot(index: number, slot: Slot): void {
    this.set(index, { ...slot });
  }

  // Slots

  slotOf(index: number): Slot {
    const operand = this.input(index);
    const { slots } = this.scope;
    let slot = slots.get(operand.index);
    if (slot !== undefined) return slot;
    const tensor = this.content(operand.index);
    if (tensor !== undefined) slot = { tensor, dtype: tensor.dtype, quantization: operand.quantization };
    else if (operand.isVariable) slot = this.#atStart(index);
    else return this.fail(`it reads ${JSON.stringify(operand.name)}, which nothing has made`);
    slots.set(operand.index, slot);
    return slot;
  }

  #contentOf(tensor: number): Tensor | undefined {
    const slot = this.scope.slots.get(tensor);
    return slot === undefined ? this.content(tensor) : slot.tensor;
  }

  /** What a variable tensor holds at the start of a run. */
  #atStart(index: number): Slot {
    const { index: tensor, shape, dtype, quantization, name } = this.input(index);
    if (shape.includes(null)) this.fail(`variable ${name} has no fixed shape`);
    const zero = dtype === 'int8' || dtype === 'int16' ? (quantization?.zeroPoint[0] ?? 0) : 0;
    if (this.#state !== undefined) {
      if (this.isNested) this.refuse(`its state ${name} is inside a branch or a loop`);
      const initial = { dtype, dims: shape.map(Number), start: zero };
      return { stored: this.#state.get(this.tensorAt(tensor), name, initial), dtype, quantization };
    }
    const stored = this.emit('ConstantOfShape', [this.ints(`${name}/shape`, shape.map(Number))], {
      suffix: `${name}/zeros`,
      attributes: { value: { type: 'tensor', value: tensorOf(dtype, [1], [zero]) } },
    });
    return { stored, dtype, quantization };
  }

  protected set(index: number, slot: Slot): void {
    this.scope.slots.set(this.output(index).index, slot);
  }

  protected storedOf(slot: Slot, name: string): string {
    if (slot.stored === undefined && slot.tensor !== undefined) {
      const { names } = this.options.program.options;
      slot.stored = this.scope.builder.constant(names.claim(name), slot.tensor);
    }
    if (slot.stored !== undefined) return slot.stored;
    if (slot.list) return this.refuse('how many axes the tensors of its list have is not known');
    return this.refuse(`${JSON.stringify(name)} is a ${slot.parts ? 'complex value' : 'handle'}`);
  }

  protected numbersOf(slot: Slot, name: string): string {
    if (slot.quantization !== undefined) {
      const { tensor, quantization } = slot;
      const blocks = quantization.blockwise && this.#blocks(quantization.blockwise);
      return dequantize(this, { tensor, quantization, dtype: slot.dtype, name, blocks }, () =>
        this.storedOf(slot, name),
      );
    }
    const stored = this.storedOf(slot, name);
    return isHalf(slot.dtype) ? this.cast(stored, 'float32', `${name}/float`) : stored;
  }

  #blocks({ scales, zeroPoints, blockSize }: NonNullable<Quantization['blockwise']>) {
    const scale = this.content(scales) ?? this.fail('the scales of its blocks are not constant');
    return { scale, zeroPoint: zeroPoints < 0 ? undefined : this.content(zeroPoints), blockSize };
  }

  // What is kept

  get variables(): Map<string, Slot> {
    return this.options.program.variables;
  }

  variable(index: number): string {
    return (
      this.slotOf(index).variable ??
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
    this.#state.set(this.tensorAt(operand.index), stored);
  }

  get #state(): State | undefined {
    return this.options.program.options.state;
  }
}

export function isHalf(dtype: DType): boolean {
  return dtype === 'float16' || dtype === 'bfloat16';
}
