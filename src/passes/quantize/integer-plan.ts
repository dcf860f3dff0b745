// Decides, before anything is changed, which nodes compute on whole numbers, which values get codes, and which values
// have to share a scale.
//
//   1. A node is quantized when its operator has a rule and each value it reads or makes is float32 with a known range.
//   2. Nodes that only move codes follow their neighbours: none is quantized between two that are not.
//   3. An activation after a node, and the Add of a bias where the target does so, are computed with it: the value in
//      between gets no codes.
//   4. What a moving node reads and makes has one scale and zero point. Where that of a value is prescribed (Softmax),
//      a node with several inputs reads it converted instead. Constants take the scale they are read with.

import type { Node } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import { type Codes, rangeOf } from './affine.ts';
import type { Range } from './calibration/definition.ts';
import type { KeepReason } from './definition.ts';
import { isRounded } from './exact.ts';
import { type IntegerRule, integerRule } from './integer-rules.ts';
import { SharedScales } from './shared-scales.ts';
import { LEAST_ELEMENTS } from './weights-only.ts';

export type Unit = {
  readonly node: Node;
  readonly rule: IntegerRule;
  /** Indices of the inputs that get codes of an activation; constants among them, weights and biases not. */
  readonly inputs: readonly number[];
  /** Its float32 outputs. */
  readonly outputs: readonly string[];
};

export type Plan = {
  /** In graph order. */
  readonly units: ReadonlyMap<Node, Unit>;
  /** Values between a node and what is computed with it. */
  readonly inner: ReadonlySet<string>;
  /** By product: the Add of its bias, and which input of that the bias is. */
  readonly biases: ReadonlyMap<Node, { readonly add: Node; readonly index: number }>;
  /** Inputs that a node reads converted to the codes of its output. */
  readonly converted: ReadonlyMap<Node, ReadonlySet<number>>;
  readonly scales: SharedScales;
};

export type Leave = (node: Node, reason: KeepReason) => void;

export function planIntegers(
  rewriter: Rewriter,
  ranges: ReadonlyMap<string, Range>,
  codes: Codes,
  isKept: (node: Node) => boolean,
  leave: Leave,
  fusesBias: boolean,
): Plan {
  const units = new Map<Node, Unit>();
  for (const node of rewriter.nodes()) {
    if (![...node.inputs, ...node.outputs].some((value) => isSingle(rewriter, value))) continue;
    const unit = unitOf(rewriter, node);
    if (isKept(node)) leave(node, 'asked');
    else if (!unit) leave(node, 'operator');
    else if (!hasRanges(rewriter, unit, ranges)) leave(node, 'range');
    else units.set(node, unit);
  }
  dropIdleMoves(rewriter, units);
  return { units, ...findInner(rewriter, units, fusesBias), ...shareScales(rewriter, units, ranges, codes) };
}

function isSingle(rewriter: Rewriter, value: string | undefined): boolean {
  return rewriter.dtype(value) === 'float32';
}

function unitOf(rewriter: Rewriter, node: Node): Unit | undefined {
  const isConstant = (index: number) => rewriter.constant(node.inputs[index]) !== undefined;
  const rule = integerRule(node, isConstant);
  if (!rule) return undefined;
  const isOne = rule.kind === 'weighted' || rule.kind === 'fixed';
  const listed = isOne ? [0] : rule.inputs === 'all' ? [...node.inputs.keys()] : rule.inputs;
  const inputs = listed.filter((index) => (node.inputs[index] ?? '') !== '');
  const outputs = node.outputs.filter((value) => isSingle(rewriter, value));
  if (!inputs.every((index) => isSingle(rewriter, node.inputs[index])) || outputs[0] !== node.outputs[0])
    return undefined;
  if (outputs.some((value) => isRounded(value, rewriter))) return undefined;
  // A result of constants alone is a constant; which row of a table is wanted may not be.
  if (node.inputs.every((value, index) => value === '' || isConstant(index))) return undefined;
  if (rule.kind === 'weighted') {
    const hasBias = rule.bias !== undefined && (node.inputs[rule.bias] ?? '') !== '';
    if (!isSingle(rewriter, node.inputs[rule.weight])) return undefined;
    if (hasBias && !isVector(rewriter.constant(node.inputs[rule.bias ?? 0]))) return undefined;
  }
  return { node, rule, inputs, outputs };
}

/** One number per channel, perhaps with axes of length 1 before them. */
function isVector(bias: Tensor | undefined): boolean {
  return bias?.dtype === 'float32' && bias.data.length > 0 && bias.dims.at(-1) === bias.data.length;
}

function hasRanges(rewriter: Rewriter, { node, inputs, outputs }: Unit, ranges: ReadonlyMap<string, Range>) {
  const values = [...inputs.map((index) => node.inputs[index] ?? ''), ...outputs];
  return values.every((value) => ranges.has(value) || rewriter.constant(value) !== undefined);
}

/** Moving nodes stay only next to a quantized node that computes, on either side, directly or over others, and at large tables. */
function dropIdleMoves(rewriter: Rewriter, units: Map<Node, Unit>): void {
  const active = new Set<Node>();
  const list = [...units.values()];
  for (const { node, rule, inputs } of list) {
    const makers = inputs.map((index) => rewriter.producer(node.inputs[index] ?? ''));
    const isTable = (rewriter.constant(node.inputs[inputs[0] ?? -1])?.data.length ?? 0) >= LEAST_ELEMENTS;
    if (rule.kind !== 'same' || isTable || makers.some((maker) => maker && active.has(maker)))
      active.add(node);
  }
  for (const { node } of list.reverse()) {
    const readers = node.outputs.flatMap((output) => rewriter.users(output));
    if (readers.some((use) => !use.inner && active.has(use.node))) active.add(node);
  }
  for (const node of [...units.keys()]) if (!active.has(node)) units.delete(node);
}

/** Operators whose results TFLite and ONNX runtimes can cut off while they make them: no product of two computed values. */
const takesActivation = new Set(['Conv', 'Gemm', 'MatMul', 'Add', 'Sub', 'Mul']);

function findInner(
  rewriter: Rewriter,
  units: ReadonlyMap<Node, Unit>,
  fusesBias: boolean,
): Pick<Plan, 'inner' | 'biases'> {
  const inner = new Set<string>();
  const biases = new Map<Node, { add: Node; index: number }>();
  for (const [node, { rule }] of units) {
    const output = node.outputs[0] ?? '';
    const next = rewriter.onlyUser(output);
    if (!next || !units.has(next)) continue;
    if (fusesBias && rule.kind === 'weighted' && node.opType === 'MatMul' && next.opType === 'Add') {
      const index = next.inputs[0] === output ? 1 : 0;
      if (isPerColumn(rewriter.constant(next.inputs[index]), rewriter.constant(node.inputs[1]))) {
        biases.set(node, { add: next, index });
        inner.add(output);
        continue;
      }
    }
    const isOfTwo = node.opType === 'MatMul' && rule.kind !== 'weighted';
    if (takesActivation.has(node.opType) && !isOfTwo && isActivation(rewriter, next)) inner.add(output);
  }
  return { inner, biases };
}

/** One number for each column of the weights. */
function isPerColumn(bias: Tensor | undefined, weights: Tensor | undefined): boolean {
  return isVector(bias) && weights?.dims.length === 2 && weights.dims[1] === bias?.data.length;
}

/** Relu, and Clip to 0…6 or −1…1: TFLite's fused activations. */
function isActivation(rewriter: Rewriter, node: Node): boolean {
  if (node.opType === 'Relu') return true;
  if (node.opType !== 'Clip') return false;
  const bound = (index: number) => {
    const tensor = rewriter.constant(node.inputs[index]);
    return tensor?.dtype === 'float32' ? tensor.data[0] : undefined;
  };
  const [low, high] = [bound(1), bound(2)];
  return (low === 0 && (high === 6 || (node.inputs[2] ?? '') === '')) || (low === -1 && high === 1);
}

function shareScales(
  rewriter: Rewriter,
  units: ReadonlyMap<Node, Unit>,
  ranges: ReadonlyMap<string, Range>,
  codes: Codes,
): Pick<Plan, 'converted' | 'scales'> {
  const scales = new SharedScales(rewriter, ranges, codes);
  const converted = new Map<Node, Set<number>>();
  for (const { node, rule, inputs, outputs } of units.values()) {
    const [output = '', ...others] = outputs;
    if (rule.kind === 'fixed') scales.fix(output, codes.dtype === 'int8' ? rule.int8 : rule.int16);
    if (rule.kind !== 'same') continue;
    for (const other of others) scales.join(output, other);
    for (const index of inputs) {
      const value = node.inputs[index] ?? '';
      const constant = rewriter.constant(value);
      if (constant) scales.widen(output, rangeOf(constant));
      else if (inputs.length > 1 && scales.isFixed(value)) {
        converted.set(node, (converted.get(node) ?? new Set()).add(index));
      } else scales.join(output, value);
    }
  }
  return { converted, scales };
}
