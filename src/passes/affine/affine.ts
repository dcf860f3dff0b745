// Nodes that compute y = x × scale + shift with constants per channel, whatever they are called.

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { floats, isPlainFloat } from '../constants/read.ts';
import type { Rewriter } from '../uses.ts';

export type Affine = {
  /** The value it is applied to. */
  readonly input: string;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
};

/**
 * What the node does to the `channels` entries of `axis`, or undefined when it is nothing of the kind.
 * BatchNormalization: https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 */
export function affineOf(node: Node, channels: number, axis: number, rewriter: Rewriter): Affine | undefined {
  if (node.domain !== '') return undefined;
  if (node.opType === 'BatchNormalization')
    return axis === 1 ? batchNormalization(node, channels, rewriter) : undefined;
  for (const side of [0, 1]) {
    const input = node.inputs[side];
    const constant = rewriter.constant(node.inputs[1 - side]);
    const rank = rewriter.shape(node.outputs[0])?.length;
    if (!input || !constant || rank === undefined || rewriter.shape(input)?.length !== rank) continue;
    const numbers = perChannel(constant, channels, axis, rank);
    const found = numbers && arithmetic[node.opType]?.(numbers, side);
    if (found) return { input, ...found };
  }
  return undefined;
}

function batchNormalization(node: Node, channels: number, rewriter: Rewriter): Affine | undefined {
  if (node.outputs.length !== 1 || attribute(node, 'training_mode', 0) !== 0) return undefined;
  const [input = '', ...names] = node.inputs;
  const parameters = names.map((name) => floats(rewriter, name));
  const [gamma, beta, mean, variance] = parameters;
  if (!gamma || !beta || !mean || !variance || parameters.some((list) => list?.length !== channels))
    return undefined;
  const epsilon = attribute(node, 'epsilon', 1e-5);
  const scale = new Float64Array(channels);
  const shift = new Float64Array(channels);
  for (let i = 0; i < channels; i++) {
    scale[i] = (gamma[i] ?? 0) / Math.sqrt((variance[i] ?? 0) + epsilon);
    shift[i] = (beta[i] ?? 0) - (mean[i] ?? 0) * (scale[i] ?? 0);
  }
  return { input, scale, shift };
}

type Numbers = Float64Array;
type Rule = (numbers: Numbers, side: number) => Pick<Affine, 'scale' | 'shift'> | undefined;

/** `side` is the place of the value; the constant is the other operand. */
const arithmetic: Readonly<Record<string, Rule>> = {
  Mul: (numbers) => ({ scale: numbers, shift: numbers.map(() => 0) }),
  Div: (numbers, side) =>
    side === 0 && numbers.every((value) => value !== 0)
      ? { scale: numbers.map((value) => 1 / value), shift: numbers.map(() => 0) }
      : undefined,
  Add: (numbers) => ({ scale: numbers.map(() => 1), shift: numbers }),
  Sub: (numbers, side) =>
    side === 0
      ? { scale: numbers.map(() => 1), shift: numbers.map((value) => -value) }
      : { scale: numbers.map(() => -1), shift: numbers },
};

/** One number per channel from a constant that broadcasts along every axis but the channel's. */
function perChannel(constant: Tensor, channels: number, axis: number, rank: number): Numbers | undefined {
  const { dims } = constant;
  if (!isPlainFloat(constant) || dims.length > rank) return undefined;
  const at = axis - (rank - dims.length);
  if (dims.some((dim, index) => (index === at ? dim !== channels && dim !== 1 : dim !== 1))) return undefined;
  const data = constant.data as ArrayLike<number>;
  return Float64Array.from({ length: channels }, (_, index) => data[data.length === 1 ? 0 : index] ?? 0);
}
