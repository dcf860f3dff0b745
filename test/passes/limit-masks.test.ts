// Masks in front of Softmax: the scores keep the codes that −1e9 would take, and what is hidden stays hidden.

import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import int8 from '../../src/passes/quantize/int8.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';

const producer = { name: 't', version: '1' };
const scores = float32([2, 4], [-4, 6, 1, 0.5, 2, 3, -1, 5.5]);
const seen: Tensor = { dtype: 'bool', dims: [2, 4], data: Uint8Array.of(1, 0, 1, 1, 1, 1, 0, 1) };
const mask = float32([2, 4], [0, -1e9, 0, 0, 0, 0, -1e9, 0]);

async function weights(kind: 'Where' | 'Add', isOnCodes: boolean): Promise<number[]> {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', [2, 4]);
  const m = kind === 'Where' ? b.constant('seen', seen) : b.input('m', 'float32', [2, 4]);
  const hidden = kind === 'Where' ? b.add('Where', [m, x, b.number('never', -1e9)]) : b.add('Add', [x, m]);
  b.output('y', b.add('Softmax', [hidden]), 'float32', [2, 4]);
  const model = b.model(producer);
  inferTypes(model);
  const [inner = ''] = model.graph.nodes.at(-1)?.inputs ?? [];
  const ranges = new Map([
    ['x', { min: -4, max: 6 }],
    ['m', { min: -1e9, max: 0 }],
    [inner, { min: -1e9, max: 6 }],
    ['y', { min: 0, max: 1 }],
  ]);
  if (isOnCodes) int8.rewrite(model, { keep: new Map(), ranges });
  const session = await openGraph(model, { optimize: false });
  const { y } = await session.run(kind === 'Where' ? { x: scores } : { x: scores, m: mask });
  await session.release();
  return Array.from(y?.data as Float32Array);
}

describe('masks in front of Softmax', () => {
  for (const kind of ['Where', 'Add'] as const) {
    it(`leave the scores their codes when put in by ${kind}`, async () => {
      const [wanted, got] = [await weights(kind, false), await weights(kind, true)];
      for (const [at, value] of wanted.entries()) expect(Math.abs((got[at] ?? 9) - value)).toBeLessThan(0.03);
      expect([got[1], got[6]]).toEqual([0, 0]);
    });
  }
});
