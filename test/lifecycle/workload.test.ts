// What is not run because its shapes say that it would take hours or fill the memory; and what is, however large.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model, Shape } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { checkLargestValue } from '../../src/lifecycle/convert/largest-value.ts';
import { checkWorkload } from '../../src/lifecycle/convert/workload.ts';
import { inferTypes } from '../../src/ops/infer.ts';

const producer = { name: 'test', version: '1' };

describe('how long a run takes', () => {
  it('a convolution over a gigantic picture is not run', () => {
    expect(() => checkWorkload(convolution([1, 8, 20_000, 20_000], [8, 8, 3, 3]))).toThrow(
      /230 billion multiplications/,
    );
  });

  it('pictures, volumes with the weights of a network, and pictures enlarged are run', () => {
    checkWorkload(convolution([1, 64, 1080, 1920], [32, 64, 1, 1]));
    checkWorkload(convolution([1, 32, 128, 128, 128], [32, 32, 3, 3, 3], 1_000_000));
  });

  it('products and recurrent layers count', () => {
    expect(() => checkWorkload(product([1_000_000, 1000], 20))).toThrow(/20 billion/);
    checkWorkload(product([1000, 1000], 20));
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [10_000_000, 1, 8]);
    const weights = [b.constant('w', zeros([1, 32, 8])), b.constant('r', zeros([1, 32, 8]))];
    b.output(
      'y',
      b.add('LSTM', [x, ...weights], { attributes: { hidden_size: int(8) } }),
      'float32',
      [10_000_000, 1, 1, 8],
    );
    checkWorkload(b.model(producer));
    expect(() => checkLargestValue(b.model(producer))).toThrow(/memory/);
  });

  it('thousands of outputs are not compared', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [1]);
    for (let index = 0; index < 3000; index++) b.output(`y${index}`, b.add('Identity', [x]), 'float32', [1]);
    expect(() => checkWorkload(b.model(producer))).toThrow('it has 3001 inputs and outputs');
  });
});

describe('how much memory a run takes', () => {
  it('an input is a claim: it explains neither itself nor everything that comes of it', () => {
    const refused = /would take (1.0|1.1) GB of memory/;
    expect(() => checkLargestValue(convolution([968, 4, 256, 256], [4, 4, 3, 3]))).toThrow(refused);
    expect(() => checkLargestValue(convolution([130, 4, 256, 256], [32, 4, 1, 1]))).toThrow(refused);
  });

  it('weights explain large values', () => {
    const volume = [1, 1, 256, 256, 256];
    expect(() => checkLargestValue(convolution(volume, [32, 1, 3, 3, 3]))).toThrow(/2\.1 GB of memory/);
    checkLargestValue(convolution(volume, [32, 1, 3, 3, 3], 5_000_000));
  });
});

/** `spare`: other weights of the model. */
function convolution(shape: number[], weights: number[], spare = 0): Model {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', shape);
  const attributes = { pads: int(weights.slice(2).flatMap(same).concat(weights.slice(2).flatMap(same))) };
  const y = b.add('Conv', [x, b.constant('w', zeros(weights))], { attributes });
  b.output('y', y, 'float32', [shape[0] ?? 1, weights[0] ?? 1, ...shape.slice(2)]);
  if (spare > 0) b.output('z', b.add('Identity', [b.constant('spare', zeros([spare]))]), 'float32', [spare]);
  return inferred(b);
}

const same = (kernel: number) => [(kernel - 1) / 2];

function product(shape: number[], columns: number): Model {
  const b = new GraphBuilder('g');
  const y = b.add('MatMul', [
    b.input('x', 'float32', shape),
    b.constant('w', zeros([shape[1] ?? 1, columns])),
  ]);
  b.output('y', y, 'float32', [shape[0] ?? 1, columns] satisfies Shape);
  return inferred(b);
}

function inferred(b: GraphBuilder): Model {
  const model = b.model(producer);
  inferTypes(model);
  return model;
}

function zeros(dims: number[]) {
  return float32(dims, new Float32Array(dims.reduce((a, c) => a * c, 1)));
}
