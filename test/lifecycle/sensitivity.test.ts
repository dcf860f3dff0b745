// Models that move by more than they are off when the last digit of their inputs changes.

import { expect, test } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { explainedBySensitivity } from '../../src/lifecycle/convert/sensitivity.ts';
import { type Reference, runReference } from '../../src/lifecycle/convert/verify.ts';
import { compareOutputs } from '../../src/lifecycle/parity.ts';
import { inferTypes } from '../../src/ops/infer.ts';

const context = quietContext();

/** x ← rate · x · (1 − x), again and again: chaotic at 3.99, settling at 2. */
function logisticMap(rate: number, rounds: number): Model {
  const b = new GraphBuilder('logistic');
  let x = b.input('x', 'float32', [1, 8]);
  const [one, factor] = [b.number('one', 1), b.number('rate', rate)];
  for (let round = 0; round < rounds; round++) {
    x = b.add('Mul', [b.add('Mul', [x, factor]), b.add('Sub', [one, x])]);
  }
  b.output('y', x, 'float32', [1, 8]);
  const model = b.model({ name: 'test', version: '' });
  inferTypes(model);
  return model;
}

const start = float32(
  [1, 8],
  Float32Array.from({ length: 8 }, (_, at) => 0.1 + at / 10),
);

/** What a program gives that computes the same in another order: here, from inputs a few digits off. */
async function off(model: Model, reference: Reference, by: number) {
  const x = float32(
    [1, 8],
    (start.data as Float32Array).map((value) => value * (1 + by)),
  );
  const { outputs } = await runReference(model, { feeds: [{ x }] }, context);
  return compareOutputs(reference.outputs, outputs, 1, 1e-4);
}

test('a chaotic model explains a large difference', async () => {
  const model = logisticMap(3.99, 60);
  const reference = await runReference(model, { feeds: [{ x: start }] }, context);
  const parity = await off(model, reference, 3e-7);
  expect(parity.passed).toBe(false);
  expect(await explainedBySensitivity(model, reference, parity, context)).toBeGreaterThan(0.1);
});

test('a model that settles does not', async () => {
  const model = logisticMap(2.5, 4);
  const reference = await runReference(model, { feeds: [{ x: start }] }, context);
  const parity = await off(model, reference, 1e-2);
  expect(parity.passed).toBe(false);
  expect(await explainedBySensitivity(model, reference, parity, context)).toBeUndefined();
});

test('nothing explains an output that is not finite', async () => {
  const model = logisticMap(3.99, 60);
  const reference = await runReference(model, { feeds: [{ x: start }] }, context);
  const broken = new Map([['y', [float32([1, 8], new Float32Array(8).fill(Number.NaN))]]]);
  const parity = compareOutputs(reference.outputs, broken, 1, 1e-4);
  expect(parity.passed).toBe(false);
  expect(await explainedBySensitivity(model, reference, parity, context)).toBeUndefined();
});
