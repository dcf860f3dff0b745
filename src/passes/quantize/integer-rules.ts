// How each operator is computed on whole numbers: the TFLite quantization specification's restrictions, which ONNX
// runtimes accept as well. https://ai.google.dev/edge/litert/models/quantization_spec, "Int8 quantized operator
// specifications". An operator that is not here stays in float32, with whole numbers around it.

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import type { Affine } from './affine.ts';

export type IntegerRule =
  /** A product with constant weights: symmetric, a scale per output channel; the bias has 32 bits. */
  | {
      readonly kind: 'weighted';
      readonly weight: number;
      /** Axis of the output channels; undefined: one scale for all of it. */
      readonly axis: (node: Node, rank: number) => number | undefined;
      readonly bias?: number;
    }
  /** Codes are moved or picked: these inputs and all outputs have one scale and zero point. */
  | { readonly kind: 'same'; readonly inputs: readonly number[] | 'all' }
  /** The range of the results is known. */
  | { readonly kind: 'fixed'; readonly int8: Affine; readonly int16: Affine }
  /** Every input and output has a scale of its own; only these inputs are quantized. */
  | { readonly kind: 'free'; readonly inputs: readonly number[] | 'all' };

const first = [0] as const;
const none = { scale: 2 ** -15, zeroPoint: 0 };

const rules: Readonly<Record<string, IntegerRule>> = {
  Conv: { kind: 'weighted', weight: 1, axis: () => 0, bias: 2 },
  // [inputs, outputs per group, …]: channels of several groups share an index.
  ConvTranspose: {
    kind: 'weighted',
    weight: 1,
    axis: (node) => (attribute(node, 'group', 1) === 1 ? 1 : undefined),
    bias: 2,
  },
  Gemm: { kind: 'weighted', weight: 1, axis: (node) => (attribute(node, 'transB', 0) ? 0 : 1), bias: 2 },
  MatMul: { kind: 'weighted', weight: 1, axis: (_, rank) => (rank === 2 ? 1 : undefined) },

  ...sharing(first, ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Identity', 'Dropout']),
  ...sharing(first, ['MaxPool', 'AveragePool', 'GlobalMaxPool', 'ReduceMax', 'ReduceMin']),
  ...sharing(first, ['Slice', 'Split', 'Gather', 'GatherND', 'GatherElements', 'Tile', 'Expand', 'TopK']),
  ...sharing(first, ['DepthToSpace', 'SpaceToDepth', 'Resize']),
  Pad: { kind: 'same', inputs: [0, 2] },
  Where: { kind: 'same', inputs: [1, 2] },
  ...sharing('all', ['Concat', 'Max', 'Min']),

  Softmax: { kind: 'fixed', int8: { scale: 2 ** -8, zeroPoint: -128 }, int16: none },
  LogSoftmax: {
    kind: 'fixed',
    int8: { scale: 2 ** -4, zeroPoint: 127 },
    int16: { scale: 2 ** -11, zeroPoint: 0 },
  },
  Sigmoid: { kind: 'fixed', int8: { scale: 2 ** -8, zeroPoint: -128 }, int16: none },
  Tanh: { kind: 'fixed', int8: { scale: 2 ** -7, zeroPoint: 0 }, int16: none },
  LpNormalization: { kind: 'fixed', int8: { scale: 2 ** -7, zeroPoint: 0 }, int16: none },

  ...free('all', ['Add', 'Sub', 'Mul', 'PRelu']),
  ...free(first, ['Relu', 'Clip', 'LeakyRelu', 'Elu', 'HardSwish', 'Gelu', 'Exp', 'Log', 'Abs', 'Sqrt']),
  ...free(first, ['ReduceMean', 'ReduceSum', 'GlobalAveragePool']),
};

/** A product of two computed values. */
const product: IntegerRule = { kind: 'free', inputs: 'all' };

/** How to compute a node on whole numbers; undefined: not at all. `isConstant` says which inputs are. */
export function integerRule(node: Node, isConstant: (index: number) => boolean): IntegerRule | undefined {
  if (node.domain !== '' && node.domain !== 'ai.onnx') return undefined;
  const rule = Object.hasOwn(rules, node.opType) ? rules[node.opType] : undefined;
  if (rule?.kind !== 'weighted') return rule;
  if (node.opType === 'Gemm') {
    const isPlain = attribute(node, 'transA', 0) === 0 && attribute(node, 'alpha', 1) === 1;
    const bias = (node.inputs[2] ?? '') !== '';
    if (!isPlain || (bias && attribute(node, 'beta', 1) !== 1)) return undefined;
  }
  if (isConstant(rule.weight)) return rule;
  return node.opType === 'MatMul' ? product : undefined;
}

function sharing(inputs: readonly number[] | 'all', opTypes: readonly string[]): Record<string, IntegerRule> {
  return Object.fromEntries(opTypes.map((opType) => [opType, { kind: 'same', inputs }]));
}

function free(inputs: readonly number[] | 'all', opTypes: readonly string[]): Record<string, IntegerRule> {
  return Object.fromEntries(opTypes.map((opType) => [opType, { kind: 'free', inputs }]));
}
