// Inputs and outputs as codes, so that nothing is converted at the border:
//
//   Given   x ─▶ Q ─▶ DQ ─▶ … ─▶ Q ─▶ DQ ─▶ y          (x, y float32)
//   Result  x ─▶ DQ ─▶ … ─▶ Q ─▶ y                     (x, y int8)
//
//   1. One that only float32 nodes read or make gets the codes of its range.
//   2. uint8 is the same code plus 128, converted once: x ─▶ DQ ─▶ Q ─▶ DQ ─▶ … ─▶ Q ─▶ DQ ─▶ Q ─▶ y.

import { type Model, type Node, tensorType } from '../../graph/model.ts';
import type { Tensor, TensorData } from '../../graph/tensor.ts';
import { Names } from '../names.ts';
import { Rewriter } from '../uses.ts';
import { type Affine, affineOf, type Codes } from './affine.ts';
import type { Range } from './calibration/definition.ts';
import type { IoDtype, Kept } from './definition.ts';
import { isRounded } from './exact.ts';

/** Changes the model in place. Returns the inputs and outputs that stay float32: their range is not known, or they are rounded. */
export function storeInterface(
  model: Model,
  dtype: IoDtype,
  codes: Codes,
  ranges: ReadonlyMap<string, Range>,
): Kept[] {
  const rewriter = new Rewriter(model.graph, new Names(model));
  const border = new Border(rewriter, dtype, codes);
  const kept: Kept[] = [];
  for (const [role, values] of [
    ['input', model.graph.inputs],
    ['output', model.graph.outputs],
  ] as const) {
    for (const value of values) {
      if (rewriter.dtype(value) !== 'float32' || rewriter.constant(value)) continue;
      if (role === 'input' && isRounded(value, rewriter)) {
        kept.push({ node: value, opType: role, reason: 'operator', value: null });
        continue;
      }
      const isStored = role === 'input' ? border.input(value, ranges) : border.output(value, ranges);
      if (!isStored) kept.push({ node: value, opType: role, reason: 'range', value: null });
    }
  }
  rewriter.commit();
  return kept;
}

class Border {
  readonly #rewriter: Rewriter;
  readonly #dtype: IoDtype;
  readonly #codes: Codes;

  constructor(rewriter: Rewriter, dtype: IoDtype, codes: Codes) {
    this.#rewriter = rewriter;
    this.#dtype = dtype;
    this.#codes = codes;
  }

  input(value: string, ranges: ReadonlyMap<string, Range>): boolean {
    const rewriter = this.#rewriter;
    const users = rewriter.users(value);
    const quantized = users.find(({ node, inner }) => !inner && node.opType === 'QuantizeLinear')?.node;
    const affine = this.#affine(quantized, ranges.get(value));
    // A value that is given out as it came in keeps its type.
    if (affine === undefined || rewriter.isPinned(value) || users.some(({ inner }) => inner)) return false;
    const shape = rewriter.shape(value);
    rewriter.graph.types.set(value, tensorType(this.#dtype, shape));
    // Readers of real numbers, and of codes of another type, read it back.
    const real = this.#dequantized(value, value, this.#shifted(affine), shape);
    for (const { node, index } of users) {
      const isSame =
        node.opType === 'QuantizeLinear' && node === quantized && this.#dtype === this.#codes.dtype;
      if (!isSame) {
        rewriter.setInput(node, index, real);
        continue;
      }
      const [output = ''] = node.outputs;
      rewriter.replaceUses(output, value);
      rewriter.remove(node);
    }
    const maker = rewriter.producer(real);
    if (maker && rewriter.useCount(real) === 0) rewriter.remove(maker);
    return true;
  }

  output(value: string, ranges: ReadonlyMap<string, Range>): boolean {
    const rewriter = this.#rewriter;
    const maker = rewriter.producer(value);
    if (maker === undefined) return false;
    const shape = rewriter.shape(value);
    const users = rewriter.users(value);
    if (users.some(({ inner }) => inner)) return false;
    const before = maker.opType === 'DequantizeLinear' ? rewriter.producer(maker.inputs[0] ?? '') : undefined;
    const quantized = before?.opType === 'QuantizeLinear' ? before : undefined;
    const affine = this.#affine(quantized, ranges.get(value));
    if (affine === undefined) return false;
    const real = rewriter.fresh(`${value}/real`);
    rewriter.graph.types.set(real, tensorType('float32', shape));
    rewriter.setOutput(maker, maker.outputs.indexOf(value), real);
    for (const { node, index } of users) rewriter.setInput(node, index, real);
    rewriter.graph.types.set(value, tensorType(this.#dtype, shape));
    const codes = quantized?.outputs[0] ?? '';
    if (quantized && this.#dtype === this.#codes.dtype && !rewriter.isPinned(codes)) {
      rewriter.setOutput(quantized, 0, value);
      rewriter.replaceUses(codes, value);
      if (rewriter.useCount(real) === 0) rewriter.remove(maker);
      return true;
    }
    rewriter.add('QuantizeLinear', [real, ...this.#parameters(this.#shifted(affine))], {
      name: `${value}/store`,
      outputs: [value],
      types: [tensorType(this.#dtype, shape)],
    });
    return true;
  }

  /** Of a QuantizeLinear, or of a range. */
  #affine(node: Node | undefined, range: Range | undefined): Affine | undefined {
    const scale = this.#rewriter.constant(node?.inputs[1]);
    const zero = this.#rewriter.constant(node?.inputs[2]);
    if (scale?.data.length === 1 && zero?.data.length === 1)
      return { scale: Number(scale.data[0]), zeroPoint: Number(zero.data[0]) };
    return range && affineOf(range, this.#codes);
  }

  #shifted({ scale, zeroPoint }: Affine): Affine {
    return { scale, zeroPoint: this.#dtype === 'uint8' ? zeroPoint + 128 : zeroPoint };
  }

  #dequantized(value: string, stem: string, affine: Affine, shape: ReturnType<Rewriter['shape']>): string {
    const [real = ''] = this.#rewriter.add('DequantizeLinear', [value, ...this.#parameters(affine)], {
      name: `${stem}/read`,
      types: [tensorType('float32', shape)],
    }).outputs;
    return real;
  }

  #parameters({ scale, zeroPoint }: Affine): [scale: string, zeroPoint: string] {
    const arrays = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array } as const;
    const data: TensorData = arrays[this.#dtype].of(zeroPoint);
    const point: Tensor = { dtype: this.#dtype, dims: [], data } as Tensor;
    return [
      this.#rewriter.addConstant('scale', { dtype: 'float32', dims: [], data: Float32Array.of(scale) }),
      this.#rewriter.addConstant('zero_point', point),
    ];
  }
}
