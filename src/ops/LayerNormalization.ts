// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html and likewise for the others.
// Opsets: LayerNormalization 17; RMSNormalization 23.

import { float, int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { scalar } from '../graph/tensor.ts';
import { axisIn } from './axes.ts';
import type { InferContext, OpFamily, UpgradeContext } from './definition.ts';
import { dtypeOf } from './element-type.ts';
import { tensorOf } from './result.ts';
import { outputOf } from './rewrite.ts';
import { SpellOut } from './spell-out.ts';

export default {
  ops: {
    LayerNormalization: {
      since: 17,
      inputs: [2, 3],
      outputs: [1, 3],
      attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    },
    RMSNormalization: {
      since: 23,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    },
  },
  infer(context) {
    const statistics = tensorOf(dtypeOf(context, 'stash_type'), statisticsShape(context));
    return [context.type(0), statistics, statistics];
  },
  downgrades: [
    { from: 23, opTypes: ['RMSNormalization'], rewrite: spellOut },
    { from: 17, opTypes: ['LayerNormalization'], rewrite: spellOut },
  ],
} satisfies OpFamily;

/**
 * (x − mean) / √(variance + epsilon) × scale + bias over the axes from `axis` on; RMSNormalization leaves mean and bias
 * out. Numbers of 16 bits are normalized as float32.
 */
function spellOut(node: Node, context: UpgradeContext): readonly Node[] | string {
  const [given = '', scale = '', bias = ''] = node.inputs;
  const [, meanOutput, deviationOutput] = node.outputs;
  const out = new SpellOut(node, context);
  const rank = context.shape(given)?.length;
  const axis = context.read(node, 'int', 'axis', -1);
  if (rank === undefined && axis !== -1) return 'its input has an unknown number of axes';
  const from = rank === undefined ? -1 : axis < 0 ? axis + rank : axis;
  if (rank !== undefined && !(from >= 0 && from <= rank)) return `there is no axis ${axis}`;
  const axes = out.ints('axes', rank === undefined ? [-1] : range(from, rank));
  const dtype = context.dtype(given);
  const isSmall = dtype === 'float16' || dtype === 'bfloat16';
  const isWide = isSmall && context.read(node, 'int', 'stash_type', 1) === 1;
  const x = isWide ? out.cast(given, 'float32') : given;
  const mean = node.opType === 'LayerNormalization' ? named(out, 'ReduceMean', [x, axes], meanOutput) : '';
  const centered = mean === '' ? x : out.add('Sub', [x, mean]);
  const variance = out.add('ReduceMean', [out.add('Mul', [centered, centered]), axes]);
  const epsilonValue = context.read(node, 'float', 'epsilon', 1e-5);
  const epsilon = isWide ? out.tensor('epsilon', scalar(epsilonValue)) : out.number('epsilon', epsilonValue);
  const deviation = out.add('Sqrt', [out.add('Add', [variance, epsilon])]);
  if (deviationOutput) out.add('Reciprocal', [deviation], {}, deviationOutput);
  const divided = out.add('Div', [centered, deviation]);
  const normalized = isWide && dtype !== undefined ? out.cast(divided, dtype) : divided;
  if (bias === '') out.add('Mul', [normalized, scale], {}, outputOf(node));
  else out.add('Add', [out.add('Mul', [normalized, scale]), bias], {}, outputOf(node));
  return out.nodes;
}

function named(out: SpellOut, opType: string, inputs: readonly string[], name: string | undefined): string {
  return out.add(opType, inputs, {}, name === '' ? undefined : name);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** The normalized axes, those from `axis` on, become 1. */
function statisticsShape(context: InferContext) {
  const shape = context.shape(0);
  if (shape === undefined) return undefined;
  const from = axisIn(context, context.int('axis'), shape.length);
  return shape.map((dim, axis) => (axis < from ? dim : 1));
}
