// Open axes whose length the weights know.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model, Shape } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { sampleInputs } from '../../src/lifecycle/sample-inputs.ts';
import { runFile, write } from '../formats/tflite/write-run.ts';

const weights = (...dims: number[]) =>
  float32(dims, new Float32Array(dims.reduce((size, dim) => size * dim, 1)));

function dimsOf(shape: Shape, build: (b: GraphBuilder, x: string) => string): readonly number[] | undefined {
  const b = new GraphBuilder('open');
  const x = b.input('x', 'float32', shape);
  b.output('y', build(b, x), 'float32', [null]);
  const model: Model = b.model({ name: 'test', version: '' });
  return sampleInputs([{ name: 'x', dtype: 'float32', shape }], { batch: 3, model }).x?.dims;
}

describe('lengths of open axes', () => {
  it('are those of a constant they meet', () => {
    const found = dimsOf([null, null], (b, x) => b.add('Sub', [x, b.constant('mean', weights(1, 65))]));
    expect(found).toEqual([3, 65]);
  });

  it('are those of weights, behind a Transpose', () => {
    const found = dimsOf([null, null, null, 'channels'], (b, x) => {
      const first = b.add('Transpose', [x], { attributes: { perm: int([0, 3, 1, 2]) } });
      return b.add('Conv', [first, b.constant('kernel', weights(8, 5, 3, 3))]);
    });
    expect(found).toEqual([3, 32, 32, 5]);
  });

  it.each([
    ['MatMul', [7, 2], {}, 7],
    ['Gemm', [2, 7], { transB: int(1) }, 7],
  ] as const)('are those of %s', (opType, dims, attributes, length) => {
    const found = dimsOf([null, null], (b, x) =>
      b.add(opType, [x, b.constant('w', weights(...dims))], { attributes }),
    );
    expect(found).toEqual([3, length]);
  });

  it('are closed in a TFLite file where a product knows them', async () => {
    const b = new GraphBuilder('open');
    const x = b.input('x', 'float32', [null, 'features']);
    const centered = b.add('Sub', [x, b.constant('mean', weights(1, 7))]);
    b.output('y', b.add('MatMul', [centered, b.constant('w', weights(7, 2))]), 'float32', [null, 2]);
    const file = await write(b.model({ name: 'test', version: '' }));
    const [main] = file.subgraphs;
    expect(main?.inputs.map((index) => main.tensors[index]?.shapeSignature)).toEqual([[-1, 7]]);
    const { y } = await runFile(file, { x: weights(3, 7) });
    expect(y?.dims).toEqual([3, 2]);
  });

  it('stay made up where nothing knows them', () => {
    expect(dimsOf([null, null], (b, x) => b.add('Relu', [x]))).toEqual([3, 8]);
    expect(dimsOf([null, null], (b, x) => b.add('Mul', [x, b.number('two', 2)]))).toEqual([3, 8]);
  });
});
