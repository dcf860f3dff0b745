// MatMul and Gemm → FULLY_CONNECTED where the right side is a constant matrix, BATCH_MATMUL otherwise.
// https://onnx.ai/onnx/operators/onnx__MatMul.html, https://onnx.ai/onnx/operators/onnx__Gemm.html

import type { Node, Shape } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import { elementCount, float32, type Tensor, tensorView } from '../../../graph/tensor.ts';
import { type Emission, typeName } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { quantizationOf } from './quantize.ts';
import { reshape } from './shape-tensor.ts';

export default {
  opTypes: ['MatMul', 'Gemm'],
  emit(node, emission) {
    if (node.opType === 'Gemm') return gemm(node, emission);
    const [a = '', b = ''] = node.inputs;
    const weights = emission.constant(b);
    const left = emission.shape(a);
    const right = emission.shape(b);
    const output = emission.type(node.outputs[0] ?? '');
    if (weights?.dims.length === 2 && left.length >= 2 && weights.dtype === 'float32') {
      return dense(node, emission, a, weights, b);
    }
    const coded = right.length === 2 && left.length >= 2 ? codedMatrix(emission, b, true) : undefined;
    if (coded !== undefined) {
      const options = { keepNumDims: left.length > 2 };
      return emission.give('FULLY_CONNECTED', [emission.in(a), coded, -1], node, options);
    }
    const x = left.length === 1 ? reshape(emission, emission.in(a), [1, ...left]) : emission.in(a);
    const y = right.length === 1 ? reshape(emission, emission.in(b), [...right, 1]) : emission.in(b);
    const options = { adjX: false, adjY: false };
    if (left.length > 1 && right.length > 1) return emission.give('BATCH_MATMUL', [x, y], node, options);
    const wide = emission.make(
      'BATCH_MATMUL',
      [x, y],
      { dtype: emission.tensor(x).type, shape: widened(output.shape, left.length, right.length) },
      options,
    );
    const flat = reshape(emission, wide, output.shape ?? []);
    emission.renameTo(flat, node.outputs[0] ?? '');
  },
} satisfies Emitter;

function widened(shape: Shape | undefined, left: number, right: number): Shape | undefined {
  if (shape === undefined) return undefined;
  if (left === 1 && right === 1) return [1, 1];
  return left === 1 ? [...shape.slice(0, -1), 1, shape.at(-1) ?? null] : [...shape, 1];
}

/** y = x · weights, the weights turned around as FULLY_CONNECTED has them: one row per output. */
function dense(node: Node, emission: Emission, a: string, weights: Tensor, name: string): undefined {
  const turned = emission.fixed(permute(weights, [1, 0]), name);
  const rank = emission.rank(a);
  emission.give('FULLY_CONNECTED', [emission.in(a), turned, -1], node, { keepNumDims: rank > 2 });
}

function gemm(node: Node, emission: Emission): undefined {
  const [a = '', b = '', c = ''] = node.inputs;
  const alpha = emission.attribute(node, 'alpha', 1);
  const beta = emission.attribute(node, 'beta', 1);
  const isTurnedA = emission.attribute(node, 'transA', 0) !== 0;
  const isTurnedB = emission.attribute(node, 'transB', 0) !== 0;
  const output = emission.type(node.outputs[0] ?? '');
  const [rows = null, columns = null] = output.shape ?? [];
  let x = emission.in(a);
  if (isTurnedA) {
    const shape = emission.shape(a);
    x = emission.make(
      'TRANSPOSE',
      [x, emission.int32([1, 0])],
      emission.like(x, { shape: [...shape].reverse() }),
    );
  }
  const weights = emission.constant(b);
  const bias = c === '' || beta === 0 ? undefined : emission.constant(c);
  const name = b;
  if (weights?.dtype === 'float32') {
    const matrix = scaled(isTurnedB ? weights : permute(weights, [1, 0]), alpha);
    const kernel = emission.fixed(matrix, name);
    const vector = bias && typeof columns === 'number' ? biasVector(bias, columns, beta) : undefined;
    const inputs = [x, kernel, vector ? emission.fixed(vector, c) : -1];
    if (c === '' || beta === 0 || vector)
      return emission.give('FULLY_CONNECTED', inputs, node, { keepNumDims: false });
    const made = emission.make(
      'FULLY_CONNECTED',
      inputs,
      { dtype: 'float32', shape: [rows, columns] },
      { keepNumDims: false },
    );
    return emission.give('ADD', [made, times(emission, emission.in(c), beta)], node);
  }
  const like = { dtype: emission.tensor(x).type, shape: [rows, columns] };
  const coded = alpha === 1 && beta === 1 ? codedMatrix(emission, b, !isTurnedB) : undefined;
  if (coded !== undefined) {
    const options = { keepNumDims: false };
    if (c === '') return emission.give('FULLY_CONNECTED', [x, coded, -1], node, options);
    const isVector = emission.shape(c).length === 1 && emission.shape(c)[0] === columns;
    if (isVector) return emission.give('FULLY_CONNECTED', [x, coded, emission.in(c)], node, options);
    const made = emission.make('FULLY_CONNECTED', [x, coded, -1], like, options);
    return emission.give('ADD', [made, emission.in(c)], node);
  }
  const inputs = [x, emission.in(b)];
  const options = { adjX: false, adjY: isTurnedB };
  if (alpha === 1 && (c === '' || beta === 0)) return emission.give('BATCH_MATMUL', inputs, node, options);
  const made = times(emission, emission.make('BATCH_MATMUL', inputs, like, options), alpha);
  if (c === '' || beta === 0) return emission.renameTo(made, node.outputs[0] ?? '');
  emission.give('ADD', [made, times(emission, emission.in(c), beta)], node);
}

function scaled(tensor: Tensor, factor: number): Tensor {
  if (factor === 1) return tensor;
  return float32(
    tensor.dims,
    Float32Array.from(tensor.data as Float32Array, (value) => value * factor),
  );
}

/** The constant as one number per output; undefined when it differs from row to row. */
function biasVector(bias: Tensor, columns: number, beta: number): Tensor | undefined {
  if (bias.dtype !== 'float32') return undefined;
  const data = bias.data as Float32Array;
  if (elementCount(bias.dims) === 1)
    return float32([columns], new Float32Array(columns).fill((data[0] ?? 0) * beta));
  if (data.length !== columns || bias.dims.at(-1) !== columns) return undefined;
  return scaled({ ...bias, dims: [columns] }, beta);
}

function times(emission: Emission, tensor: number, factor: number): number {
  if (factor === 1) return tensor;
  return emission.make('MUL', [tensor, emission.number('float32', factor)], emission.like(tensor));
}

/** A constant matrix held as codes, one row per output, and the DEQUANTIZE that reads it. */
function codedMatrix(emission: Emission, value: string, isTurned: boolean): number | undefined {
  const maker = emission.maker(value);
  if (maker?.opType !== 'DequantizeLinear') return undefined;
  const codes = emission.constant(maker.inputs[0]);
  if (codes === undefined || codes.dims.length !== 2) return undefined;
  const { axis, ...rest } = quantizationOf(maker, emission);
  const matrix = isTurned ? permute(codes, [1, 0]) : codes;
  const quantization = { ...rest, axis: rest.scale.length === 1 ? 0 : isTurned ? 1 - axis : axis };
  const name = emission.named(maker.inputs[0] ?? value);
  const tensor = emission.add({
    name,
    type: typeName(codes.dtype),
    shape: [...matrix.dims],
    data: tensorView(matrix),
    quantization,
  });
  return emission.make('DEQUANTIZE', [tensor], { dtype: 'float32', shape: matrix.dims, name: 'weights' });
}
