// Conv → CONV_2D, DEPTHWISE_CONV_2D, CONV_3D between Transposes; one spatial axis becomes two, or the Conv a product of the
// last axis where its kernel has one element.
// https://onnx.ai/onnx/operators/onnx__Conv.html

import type { TensorType } from '../../../graph/model.ts';
import { tensorType } from '../../../graph/model.ts';
import { permute, reshape } from '../../../graph/rearrange.ts';
import { float32 } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { convolveRows } from './conv-rows.ts';
import { padSpatial, readWindow, toFirst, toLast, type Window } from './window.ts';

export default {
  opTypes: ['Conv'],
  rewrite(node, build) {
    const [x = '', w = '', bias = ''] = node.inputs;
    const rank = build.shape(x).length;
    const weights = build.fixed(w);
    const channels = build.shape(x)[1];
    const group = build.attribute('group', 1);
    if (rank < 3 || rank > 5) return build.refuse(`TFLite convolves over 1 to 3 axes, not ${rank - 2}`);
    const rows = convolveRows(build);
    if (rows !== undefined) return [rows];
    const window = readWindow(build, weights.slice(2), build.shape(x).slice(2));
    const padded = window.explicit ? padSpatial(build, x, window.explicit) : x;
    const type = build.permuted(node.outputs[0] ?? '', toLast(rank));
    const last = build.transpose(padded, toLast(rank));
    const b = bias === '' ? zeros(build, weights[0] ?? 0) : bias;
    if (rank === 5) {
      if (group !== 1) return inGroups(build, padded, group);
      const kernel = build.transpose(w, [2, 3, 4, 1, 0]);
      return [
        build.transpose(build.tflite('CONV_3D', [last, kernel, b], options3(window), type), toFirst(rank)),
      ];
    }
    const table = rank === 3 && group === 1 && isPointwise(window) ? tableOf(build) : undefined;
    if (table !== undefined) {
      const product = build.add('MatMul', [last, table]);
      return [build.transpose(bias === '' ? product : build.add('Add', [product, bias]), toFirst(rank))];
    }
    const isDepthwise = group > 1 && weights[1] === 1 && (channels === group || typeof channels !== 'number');
    const wide = rank === 4 ? window : widen(window);
    const data = rank === 4 ? last : build.add('Unsqueeze', [last, build.ints([1])]);
    const square = rank === 4 ? w : build.widened(w, 2);
    const kernel = build.transpose(square, isDepthwise ? [1, 2, 3, 0] : [0, 2, 3, 1]);
    const depth = isDepthwise ? { depthMultiplier: (weights[0] ?? 1) / group } : {};
    const made = build.tflite(
      isDepthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
      [data, kernel, b],
      { ...options2(wide), ...depth },
      rank === 4 ? type : tensorType(type.dtype, insertOne(type)),
    );
    const back = rank === 4 ? made : build.add('Squeeze', [made, build.ints([1])]);
    return [build.transpose(back, toFirst(rank))];
  },
} satisfies Rewrite;

function isPointwise({ kernel, strides, explicit }: Window): boolean {
  return explicit === undefined && [...kernel, ...strides].every((length) => length === 1);
}

/** The weights of one step, one column per filter; undefined when they are not numbers yet. */
function tableOf(build: Build): string | undefined {
  const weights = build.tensor(1);
  if (weights?.dtype !== 'float32') return undefined;
  return build.constant(permute(reshape(weights, weights.dims.slice(0, 2)), [1, 0]), 'weights');
}

export function options2({ padding, strides, dilations }: Window) {
  const [strideH = 1, strideW = 1] = strides;
  const [dilationHFactor = 1, dilationWFactor = 1] = dilations;
  return { padding, strideH, strideW, dilationHFactor, dilationWFactor };
}

export function options3({ padding, strides, dilations }: Window) {
  const [strideD = 1, strideH = 1, strideW = 1] = strides;
  const [dilationDFactor = 1, dilationHFactor = 1, dilationWFactor = 1] = dilations;
  return { padding, strideD, strideH, strideW, dilationDFactor, dilationHFactor, dilationWFactor };
}

/** The window with an axis of length one in front. */
export function widen(window: Window): Window {
  const { kernel, strides, dilations } = window;
  return { ...window, kernel: [1, ...kernel], strides: [1, ...strides], dilations: [1, ...dilations] };
}

function insertOne({ shape }: TensorType) {
  return shape && [shape[0] ?? null, 1, ...shape.slice(1)];
}

export function zeros(build: Build, count: number): string {
  return build.constant(float32([count], new Float32Array(count)), 'bias');
}

/** Groups over three axes: TFLite has none, so each is a convolution of its own. */
function inGroups(build: Build, x: string, group: number): string[] {
  if (group > 64) return build.refuse(`${group} groups over three axes`);
  const { node } = build;
  const parts = build.addAll('Split', [x], group, { axis: 1, num_outputs: group });
  const kernels = build.parts(node.inputs[1] ?? '', group);
  const biases = node.inputs[2] ? build.parts(node.inputs[2], group) : [];
  const kept = [...node.attributes].filter(([name]) => !['group', 'pads', 'auto_pad'].includes(name));
  const isPadded = x !== node.inputs[0];
  const pads = [...node.attributes].filter(([name]) => !isPadded && (name === 'pads' || name === 'auto_pad'));
  const attributes = Object.fromEntries([...kept, ...pads]);
  const made = parts.map((part, index) =>
    build.add('Conv', [part, kernels[index] ?? '', ...(biases[index] ? [biases[index]] : [])], attributes),
  );
  return [build.add('Concat', made, { axis: 1 })];
}
