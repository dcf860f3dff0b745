// Small ONNX models for the server's tests, each made for one behaviour.

import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { DType } from '../../src/graph/dtype.ts';
import type { Shape } from '../../src/graph/model.ts';
import { float32, int64, type Tensor } from '../../src/graph/tensor.ts';

const producer = { name: 'mlctl tests', version: '1' };

/** y = softmax(relu(x·W1 + b1)·W2 + b2): a classifier with `inputs` features. */
export function mlp(inputs: number, hidden: readonly number[], outputs: number): Promise<Uint8Array> {
  const b = new GraphBuilder('mlp');
  const random = generator(1);
  let value = b.input('features', 'float32', ['batch', inputs]);
  let width = inputs;
  for (const [layer, next] of [...hidden, outputs].entries()) {
    const scale = Math.sqrt(2 / width);
    const weights = Float32Array.from({ length: width * next }, () => (random() - 0.5) * 2 * scale);
    const bias = Float32Array.from({ length: next }, () => random() - 0.5);
    value = b.add('Gemm', [
      value,
      b.constant(`w${layer}`, float32([width, next], weights)),
      b.constant(`b${layer}`, float32([next], bias)),
    ]);
    if (layer < hidden.length) value = b.add('Relu', [value]);
    width = next;
  }
  b.output('scores', b.add('Softmax', [value]), 'float32', ['batch', outputs]);
  return encodeOnnxBytes(b.model(producer));
}

/** y = x·factor of any type and shape. */
export function scaled(dtype: DType, shape: Shape, factor?: Tensor): Promise<Uint8Array> {
  const b = new GraphBuilder('scaled');
  const x = b.input('x', dtype, shape);
  b.output('y', factor ? b.add('Mul', [x, b.constant('factor', factor)]) : x, dtype, shape);
  return encodeOnnxBytes(b.model(producer));
}

/** sum = a + b, difference = a - b. */
export function twoInputs(): Promise<Uint8Array> {
  const b = new GraphBuilder('two');
  const left = b.input('left', 'float32', ['batch', 2]);
  const right = b.input('right', 'float32', ['batch', 2]);
  b.output('sum', b.add('Add', [left, right]), 'float32', ['batch', 2]);
  b.output('difference', b.add('Sub', [left, right]), 'float32', ['batch', 2]);
  return encodeOnnxBytes(b.model(producer));
}

/** y = x - mean over the batch: rows that are not independent, though the first axis is open. */
export function centered(): Promise<Uint8Array> {
  const b = new GraphBuilder('centered');
  const x = b.input('x', 'float32', ['batch', 2]);
  const mean = b.add('ReduceMean', [x, b.constant('axes', int64([0]))]);
  b.output('y', b.add('Sub', [x, mean]), 'float32', ['batch', 2]);
  return encodeOnnxBytes(b.model(producer));
}

/** y = table[x]: fails on an index outside the table. */
export function lookup(): Promise<Uint8Array> {
  const b = new GraphBuilder('lookup');
  const x = b.input('index', 'int64', ['batch', 1]);
  const table = b.constant('table', float32([4], [10, 20, 30, 40]));
  b.output('y', b.add('Gather', [table, x]), 'float32', ['batch', 1]);
  return encodeOnnxBytes(b.model(producer));
}

/** y = log(x): NaN below zero, -Infinity at zero. */
export function logarithm(): Promise<Uint8Array> {
  const b = new GraphBuilder('log');
  const x = b.input('x', 'float32', ['batch', 1]);
  b.output('y', b.add('Log', [x]), 'float32', ['batch', 1]);
  return encodeOnnxBytes(b.model(producer));
}

/** y = mean(M·(M·(…·x))): `depth` products with a `size`² matrix, which takes its time. */
export function slow(size: number, depth: number): Promise<Uint8Array> {
  const b = new GraphBuilder('slow');
  const random = generator(2);
  const x = b.input('x', 'float32', ['batch', 1]);
  const matrix = b.constant(
    'm',
    float32(
      [size, size],
      Float32Array.from({ length: size * size }, () => random() / size),
    ),
  );
  // x first, so that nothing can be computed ahead of a request.
  let value = b.add('Mul', [matrix, b.add('ReduceMean', [x, b.constant('all', int64([0, 1]))])]);
  for (let step = 0; step < depth; step++) value = b.add('MatMul', [value, matrix]);
  const mean = b.add('ReduceMean', [value, b.constant('axes', int64([0, 1]))]);
  b.output('y', b.add('Add', [x, mean]), 'float32', ['batch', 1]);
  return encodeOnnxBytes(b.model(producer));
}

/** Uniform in [0, 1), the same sequence every time. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
