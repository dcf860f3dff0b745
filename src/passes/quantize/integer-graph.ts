// Puts whole numbers into a float32 graph as QuantizeLinear and DequantizeLinear: runtimes and writers compute what is
// between two of them on codes.
//
//   Given   x ─▶ Conv(w, b) ─▶ Relu ─▶ y
//   Result  x ─▶ Q ─▶ DQ ─▶ Conv(DQ(w as int8), DQ(b as int32)) ─▶ Relu ─▶ Q ─▶ DQ ─▶ y
//
//   1. A value that a quantized node makes is read through one Q and DQ by everybody, an input of the graph by quantized nodes.
//   2. An output of the graph keeps its name: its maker writes to a new one.
//   3. A constant becomes codes with a DQ; a value with a prescribed scale goes through a second pair where it joins
//      others (integer-plan.ts).

import { int } from '../../graph/attribute.ts';
import { type Model, type Node, tensorType } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { Names } from '../names.ts';
import { rewriteGraphs } from '../scopes.ts';
import { Rewriter } from '../uses.ts';
import { type Affine, affineOf, type Codes, quantize, rangeOf } from './affine.ts';
import type { Kept, PrecisionReport, PrecisionSettings } from './definition.ts';
import { type Held, putBackHeldCodes, takeHeldCodes } from './held-codes.ts';
import { type Plan, planIntegers, type Unit } from './integer-plan.ts';
import { type QuantizedWeights, quantizeWeights } from './integer-weights.ts';
import { limitMasks } from './limit-masks.ts';
import { storeInterface } from './stored-interface.ts';
import { dropUnread } from './unread.ts';
import { quantizeWeightsOnly } from './weights-only.ts';

/** Changes the model in place. In graphs inside If, Loop and Scan only weights become codes. Linear in nodes and edges. */
export function computeOnIntegers(
  model: Model,
  codes: Codes,
  { keep, ranges: seen, target, ioDtype }: PrecisionSettings,
): PrecisionReport {
  const rewriter = new Rewriter(model.graph, new Names(model));
  const kept: Kept[] = [];
  const held = takeHeldCodes(rewriter);
  // Half a code of what Softmax gives is e to the power of −6.2 and −11.1.
  const ranges = limitMasks(rewriter, seen, codes.dtype === 'int8' ? 8 : 16);
  const plan = planIntegers(
    rewriter,
    ranges,
    codes,
    ({ name }) => keep.has(name),
    ({ name, opType }, reason) => void kept.push({ node: name, opType, reason, value: null }),
    target?.fusesBias ?? false,
  );
  // By the names that values have before anything is inserted.
  const units = unitsOf(plan);
  new Insertion(rewriter, plan, codes, held, target?.scalesProductsWhole ?? false).apply();
  putBackHeldCodes(rewriter, held);
  rewriter.commit();
  if (ioDtype) kept.push(...storeInterface(model, ioDtype, codes, ranges));
  const inside: string[] = [];
  rewriteGraphs(model, (each) => {
    if (each.graph === model.graph) return 0;
    const found = quantizeWeightsOnly(each, keep);
    inside.push(...found.changed);
    kept.push(...found.kept);
    return found.changed.length;
  });
  dropUnread(model);
  const changed = [...[...plan.units.keys()].map(({ name }) => name), ...inside];
  return { changed, units: [...units, ...inside.map((name) => [name])], kept };
}

/** Each node with what is computed with it, in graph order. */
function unitsOf({ units, inner }: Plan): string[][] {
  const makers = new Map<string, string[]>();
  const found: string[][] = [];
  for (const { name, inputs, outputs } of units.keys()) {
    const unit = makers.get(inputs.find((input) => inner.has(input)) ?? '') ?? [];
    if (unit.length === 0) found.push(unit);
    unit.push(name);
    for (const output of outputs) if (inner.has(output)) makers.set(output, unit);
  }
  return found;
}

class Insertion {
  readonly #rewriter: Rewriter;
  readonly #plan: Plan;
  readonly #codes: Codes;
  readonly #held: ReadonlyMap<string, Held>;
  readonly #scalesProductsWhole: boolean;
  readonly #constants = new Map<string, string>();

  constructor(
    rewriter: Rewriter,
    plan: Plan,
    codes: Codes,
    held: ReadonlyMap<string, Held>,
    scalesProductsWhole: boolean,
  ) {
    this.#rewriter = rewriter;
    this.#plan = plan;
    this.#codes = codes;
    this.#held = held;
    this.#scalesProductsWhole = scalesProductsWhole;
  }

  apply(): void {
    const { units, inner } = this.#plan;
    const values = new Set<string>();
    for (const { node, inputs, outputs } of units.values()) {
      for (const value of [...inputs.map((index) => node.inputs[index] ?? ''), ...outputs]) {
        if (!inner.has(value) && !this.#rewriter.constant(value)) values.add(value);
      }
    }
    // Scales first, then constants: both go by the names that values have now.
    const affine = new Map([...values].map((value) => [value, this.#plan.scales.affine(value)]));
    for (const unit of units.values()) this.#constantsOf(unit);
    for (const [value, codes] of affine) this.#pair(value, codes);
    for (const [node, indices] of this.#plan.converted) {
      const codes = this.#plan.scales.affine(units.get(node)?.outputs[0] ?? '');
      for (const index of indices) {
        const value = node.inputs[index] ?? '';
        this.#rewriter.setInput(node, index, this.#quantized(value, value, codes));
      }
    }
  }

  /** Lets everybody read the value through Q and DQ. */
  #pair(value: string, codes: Affine): void {
    const rewriter = this.#rewriter;
    const maker = rewriter.producer(value);
    if (maker && rewriter.isPinned(value)) {
      const made = rewriter.fresh(`${value}/float`);
      const type = rewriter.type(value);
      if (type) rewriter.graph.types.set(made, type);
      rewriter.setOutput(maker, maker.outputs.indexOf(value), made);
      this.#quantized(made, value, codes, value);
      return;
    }
    // What the model is given is there as it is for those that compute in float32.
    const users = rewriter.users(value).filter(({ node }) => maker || this.#plan.units.has(node));
    const read = this.#quantized(value, value, codes);
    for (const { node, index } of users) rewriter.setInput(node, index, read);
  }

  /** DQ(Q(value)), under a fresh name or the one given. */
  #quantized(value: string, stem: string, codes: Affine, output?: string): string {
    const rewriter = this.#rewriter;
    const shape = rewriter.shape(value);
    const parameters = this.#parameters(codes);
    const { dtype } = this.#codes;
    const [q = ''] = rewriter.add('QuantizeLinear', [value, ...parameters], {
      name: `${stem}/quantize`,
      types: [tensorType(dtype, shape)],
    }).outputs;
    const [read = ''] = rewriter.add('DequantizeLinear', [q, ...parameters], {
      name: `${stem}/dequantize`,
      types: [tensorType('float32', shape)],
      ...(output === undefined ? {} : { outputs: [output] }),
    }).outputs;
    return read;
  }

  #parameters({ scale, zeroPoint }: Affine): [scale: string, zeroPoint: string] {
    const { dtype } = this.#codes;
    const data = dtype === 'int8' ? Int8Array.of(zeroPoint) : Int16Array.of(zeroPoint);
    return [
      this.#constant(`scale:${scale}`, 'scale', { dtype: 'float32', dims: [], data: Float32Array.of(scale) }),
      this.#constant(`zero:${zeroPoint}`, 'zero_point', { dtype, dims: [], data }),
    ];
  }

  /** One constant for equal contents. */
  #constant(key: string, name: string, tensor: Tensor): string {
    const known = this.#constants.get(key) ?? this.#rewriter.addConstant(name, tensor);
    this.#constants.set(key, known);
    return known;
  }

  #constantsOf({ node, rule, inputs, outputs }: Unit): void {
    const rewriter = this.#rewriter;
    if (rule.kind === 'weighted') this.#weightsOf(node, rule.weight, rule);
    for (const index of inputs) {
      const value = node.inputs[index] ?? '';
      const constant = rewriter.constant(value);
      // The bias of a product before this node has been stored with it.
      if (!constant) continue;
      const isShared = rule.kind === 'same';
      const codes = isShared
        ? this.#plan.scales.affine(outputs[0] ?? '')
        : affineOf(rangeOf(constant), this.#codes);
      const key = `${value}:${codes.scale}:${codes.zeroPoint}`;
      const stored = this.#constant(key, `${value}/quantized`, quantize(constant, codes, this.#codes.dtype));
      rewriter.setInput(node, index, this.#dequantized(stored, value, this.#parameters(codes)));
    }
  }

  #weightsOf(node: Node, at: number, rule: Extract<Unit['rule'], { kind: 'weighted' }>): void {
    const rewriter = this.#rewriter;
    const weights = rewriter.constant(node.inputs[at]) as Tensor;
    const after = this.#plan.biases.get(node);
    const [reader, index] = after ? [after.add, after.index] : [node, rule.bias ?? -1];
    const bias = rewriter.constant(reader.inputs[index]);
    const { scale } = this.#plan.scales.affine(node.inputs[0] ?? '');
    const value = node.inputs[at] ?? '';
    const isWhole = this.#scalesProductsWhole && (node.opType === 'MatMul' || node.opType === 'Gemm');
    const axis = isWhole ? undefined : rule.axis(node, weights.dims.length);
    const made = quantizeWeights(weights, axis, scale, bias, this.#held.get(value)?.codes);
    rewriter.setInput(node, at, this.#stored(value, made.weights));
    if (made.bias) rewriter.setInput(reader, index, this.#stored(reader.inputs[index] ?? '', made.bias));
  }

  #stored(value: string, { codes, scales, axis }: QuantizedWeights): string {
    const rewriter = this.#rewriter;
    const zeros = {
      ...scales,
      dtype: codes.dtype,
      data: new (codes.data.constructor as Int8ArrayConstructor)(scales.data.length),
    };
    return this.#dequantized(
      rewriter.addConstant(`${value}/quantized`, codes),
      value,
      [
        rewriter.addConstant(`${value}/scale`, scales),
        this.#constant(`zeros:${codes.dtype}:${scales.dims}`, `zero_points`, zeros),
      ],
      axis,
    );
  }

  #dequantized(stored: string, stem: string, parameters: readonly string[], axis?: number): string {
    const shape = this.#rewriter.shape(stored);
    const [read = ''] = this.#rewriter.add('DequantizeLinear', [stored, ...parameters], {
      name: `${stem}/dequantize`,
      types: [tensorType('float32', shape)],
      attributes: axis === undefined ? {} : { axis: int(axis) },
    }).outputs;
    return read;
  }
}
