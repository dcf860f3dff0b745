// Where ONNX or the meaning of an operator asks for float32 in a graph that computes in half precision.
// Type constraints: https://onnx.ai/onnx/operators/, "Type Constraints" of each operator at opset 21 and later.

import { int, tensor } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { scalar } from '../../graph/tensor.ts';
import { elementType } from '../../ops/element-type.ts';
import { toHalf } from './half.ts';

export type HalfRule =
  /** Stays in float32 as a whole. */
  | 'float32'
  | {
      /** Inputs that stay float32. */
      readonly inputs?: readonly number[];
      /** Outputs that stay float32. */
      readonly outputs?: readonly number[];
      /** Inputs of which only the shape is read: whatever they are will do. */
      readonly shapeOnly?: readonly number[];
      /** Only moves elements of its first input: it is float32 when that is, or always. */
      readonly moves?: true | 'float32';
      /** Changes the attribute that says what is made. */
      readonly retype?: (node: Node) => void;
    };

/** Layers that go through time; their weights are most of what they are. */
export const recurrent: readonly string[] = ['LSTM', 'GRU', 'RNN'];

const anything: HalfRule = {};

const rules = new Map<string, HalfRule>([
  ['Shape', { shapeOnly: [0] }],
  ['Size', { shapeOnly: [0] }],
  ['Cast', { retype: castToHalf }],
  ['Constant', { retype: constantOfHalf }],
  ['ConstantOfShape', { retype: fillOfHalf }],
  // Scales are float32 always; a region of interest is a matter of coordinates.
  ['Resize', { inputs: [1, 2] }],
  ['Upsample', { inputs: [1] }],
  // Positions in an image: half precision tells only 1/2048 of it apart.
  ['GridSample', { inputs: [1] }],
  // Mean and InvStdDev have the type of stash_type, float32.
  ['LayerNormalization', { outputs: [1, 2] }],
  // onnxruntime 1.30.0 ends the process when its optimizer meets certain Transposes among Casts, its own included; in
  // float32 it does not, and few are left inside a graph.
  ['Transpose', { moves: 'float32' }],
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Slice', 'Split', 'Expand'].map(
    (opType): [string, HalfRule] => [opType, { moves: true }],
  ),
  ...[
    // onnxruntime has no float16 kernels for them on a CPU, and puts Casts around them (float16.ts stores their weights).
    ...recurrent,
    // No float16 in their type constraints.
    ...['DynamicQuantizeLinear', 'NonMaxSuppression', 'Range', 'TfIdfVectorizer', 'MelWeightMatrix'],
    // Their scale has the type of what is quantized: that is a matter of quantization, not of this rewrite.
    ...['QuantizeLinear', 'DequantizeLinear', 'QLinearConv', 'QLinearMatMul'],
    // The element type is an attribute, and float32 by default.
    ...['RandomNormal', 'RandomUniform', 'RandomNormalLike', 'RandomUniformLike', 'Bernoulli', 'EyeLike'],
    ...['HannWindow', 'HammingWindow', 'BlackmanWindow', 'Multinomial'],
    // Sums of waves, and pixel coordinates beyond 2048.
    ...['DFT', 'STFT', 'RoiAlign', 'MaxRoiPool', 'AffineGrid', 'ImageDecoder'],
    // Operators of training.
    ...['Adam', 'Adagrad', 'Momentum', 'Gradient', 'SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss'],
  ].map((opType): [string, HalfRule] => [opType, 'float32']),
]);

/** What holds for the operator of a node; operators of other domains stay as they are. */
export function halfRule(node: Node): HalfRule {
  if (node.domain !== '' && node.domain !== 'ai.onnx') return 'float32';
  return rules.get(node.opType) ?? anything;
}

function castToHalf(node: Node): void {
  if (node.attributes.get('to')?.value === elementType('float32')) {
    node.attributes.set('to', int(elementType('float16')));
  }
}

function constantOfHalf(node: Node): void {
  const { attributes } = node;
  const value = attributes.get('value');
  const one = attributes.get('value_float');
  const many = attributes.get('value_floats');
  attributes.clear();
  if (value?.type === 'tensor') attributes.set('value', tensor(toHalf(value.value)));
  else if (one?.type === 'float') attributes.set('value', tensor(toHalf(scalar(one.value))));
  else if (many?.type === 'floats') {
    const data = Float32Array.from(many.value);
    attributes.set('value', tensor(toHalf({ dtype: 'float32', dims: [data.length], data })));
  }
}

function fillOfHalf(node: Node): void {
  const value = node.attributes.get('value');
  const held =
    value?.type === 'tensor'
      ? value.value
      : ({ ...scalar(0), dims: [1] } satisfies ReturnType<typeof scalar>);
  if (held.dtype === 'float32') node.attributes.set('value', tensor(toHalf(held)));
}
