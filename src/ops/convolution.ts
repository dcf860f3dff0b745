// https://onnx.ai/onnx/operators/onnx__Conv.html and likewise for the others.
// Opsets: Conv 1, 11, 22; ConvInteger 10; QLinearConv 10.

import { int, string } from '../graph/attribute.ts';
import type { DType } from '../graph/dtype.ts';
import type { Shape } from '../graph/model.ts';
import { quotient, rankAtLeast } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';
import { kernelOf, slide } from './sliding-window.ts';

type Row = { readonly weights: number; readonly dtype: (context: InferContext) => DType | undefined };

/** Where the weights are, and the element type of the result. */
const rows: Readonly<Record<string, Row>> = {
  Conv: { weights: 1, dtype: (context) => context.dtype(0) },
  ConvInteger: { weights: 1, dtype: () => 'int32' },
  QLinearConv: { weights: 3, dtype: (context) => context.dtype(7) },
};

export default {
  ops: {
    Conv: {
      since: 1,
      inputs: [2, 3],
      outputs: [1, 1],
      attributes: {
        auto_pad: string('NOTSET'),
        dilations: null,
        group: int(1),
        kernel_shape: null,
        pads: null,
        strides: null,
      },
      later: { bfloat16: 22 },
    },
    ConvInteger: {
      since: 10,
      inputs: [2, 4],
      outputs: [1, 1],
      attributes: {
        auto_pad: string('NOTSET'),
        dilations: null,
        group: int(1),
        kernel_shape: null,
        pads: null,
        strides: null,
      },
    },
    QLinearConv: {
      since: 10,
      inputs: [8, 9],
      outputs: [1, 1],
      attributes: {
        auto_pad: string('NOTSET'),
        dilations: null,
        group: int(1),
        kernel_shape: null,
        pads: null,
        strides: null,
      },
    },
  },
  infer(context) {
    const row = rows[context.node.opType] as Row;
    return [tensorOf(row.dtype(context), convolved(context, row.weights))];
  },
} satisfies OpFamily;

function convolved(context: InferContext, weightsAt: number): Shape | undefined {
  const input = context.shape(0);
  const weights = context.shape(weightsAt);
  if (input === undefined) {
    return weights && [null, weights[0] ?? null, ...weights.slice(2).map(() => null)];
  }
  rankAtLeast(context, input, 3);
  if (weights !== undefined) checkChannels(context, input, weights);
  const spatial = input.slice(2);
  return [
    input[0] ?? null,
    weights?.[0] ?? null,
    ...slide(context, spatial, kernelOf(context, spatial.length, weights)),
  ];
}

function checkChannels(context: InferContext, input: Shape, weights: Shape): void {
  if (weights.length !== input.length) {
    context.fail(`the weights have ${weights.length} axes and the input ${input.length}`);
  }
  const perGroup = quotient([input[1] ?? null], [context.int('group')]);
  const given = weights[1];
  const [made] = weights;
  const groups = context.int('group');
  if (typeof made === 'number' && groups > 0 && made % groups !== 0) {
    context.fail(`the weights make ${made} channels, which cannot be split into ${groups} groups`);
  }
  if (typeof perGroup === 'number' && typeof given === 'number' && perGroup !== given) {
    context.fail(`the weights take ${given} channels a group, but the input has ${perGroup}`);
  }
}
