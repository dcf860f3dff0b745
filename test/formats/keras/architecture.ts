// Pieces of architectures as Keras writes them, and a two-layer model with the values it should give.

import { numbers, type WeightFixture } from '../../../fixtures/formats/keras/make.ts';
import { read, runModel } from './run.ts';

export const dense = (x: readonly number[], kernel: ArrayLike<number>, bias: ArrayLike<number>) =>
  Array.from(bias, (b, unit) =>
    x.reduce((sum, value, k) => sum + value * (kernel[k * bias.length + unit] ?? 0), b),
  );
export const relu = (x: readonly number[]) => x.map((value) => Math.max(value, 0));

export const kernelA = numbers(6, 1);
export const biasA = numbers(2, 2);
export const kernelB = numbers(2, 3);
export const biasB = numbers(1, 4);
export const x = [0.5, -1, 2];
export const feed = { dtype: 'float32', dims: [1, 3], data: Float32Array.from(x) } as const;
export const expected = dense(relu(dense(x, kernelA, biasA)), kernelB, biasB);

export const stored = (
  layer: string,
  kernel: Float32Array,
  bias: Float32Array,
  name = (part: string) => `${layer}/${part}:0`,
): WeightFixture[] => [
  { name: name('kernel'), dims: [kernel.length / bias.length, bias.length], data: kernel },
  { name: name('bias'), dims: [bias.length], data: bias },
];
export const bothWeights = { a: stored('a', kernelA, biasA), b: stored('b', kernelB, biasB) };

export async function output(fixture: Parameters<typeof read>[0], inputs: Parameters<typeof runModel>[1]) {
  const model = await read(fixture);
  const outputs = await runModel(model, inputs);
  return {
    model,
    values: Object.fromEntries(
      Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]),
    ),
  };
}

export type Node = unknown;
export const input = (name: string, size: number) => ({
  class_name: 'InputLayer',
  name,
  config: { batch_input_shape: [null, size], dtype: 'float32', name },
  inbound_nodes: [] as Node[],
});
export const layer = (className: string, name: string, config: object, ...inbound: Node[]) => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: inbound,
});
export const model = (name: string, layers: readonly object[], inputs: unknown, outputs: unknown) => ({
  class_name: 'Functional',
  config: { name, layers, input_layers: inputs, output_layers: outputs },
});
