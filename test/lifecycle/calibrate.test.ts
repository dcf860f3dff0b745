// What is seen of a graph's values, against the runtime's own answers summed up by hand.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { observe } from '../../src/lifecycle/calibrate.ts';
import { readCalibration } from '../../src/lifecycle/calibration-data.ts';

/** x · 2, and so on: value i of the chain is x · 2^(i + 1). */
function chain(length: number): Model {
  const b = new GraphBuilder('chain');
  let value = b.input('x', 'float32', ['batch', 2]);
  const two = b.number('two', 2);
  for (let i = 0; i < length; i++) value = b.add('Mul', [value, two], { name: `mul${i}` });
  b.output('y', value, 'float32', ['batch', 2]);
  return b.model({ name: 't', version: '1' });
}

describe('observe', () => {
  it('sees inputs, every node in between, and outputs, over all feeds', async () => {
    const feeds = [{ x: float32([1, 2], [1, -3]) }, { x: float32([2, 2], [0, 5, 1, 1]) }];
    const seen = await observe(chain(40), feeds, {}, quietContext());
    expect(seen.size).toBe(42);
    expect(seen.get('x')).toEqual({ min: -3, max: 5, absMax: 5, count: 6, nan: 0, infinite: 0 });
    for (let i = 0; i < 40; i++) {
      const factor = 2 ** (i + 1);
      expect(seen.get(`mul${i}`)).toMatchObject({ min: -3 * factor, max: 5 * factor, count: 6 });
    }
    expect(seen.get('y')?.max).toBe(5 * 2 ** 40);
  });

  it('counts what is not finite, and makes histograms when asked', async () => {
    const feeds = [{ x: float32([1, 2], [3e38, 1]) }];
    const seen = await observe(
      chain(2),
      feeds,
      { values: ['mul0', 'mul1'], histogram: true },
      quietContext(),
    );
    expect([...seen.keys()]).toEqual(['mul0', 'mul1']);
    expect(seen.get('mul1')).toMatchObject({ max: 4, infinite: 1, count: 2 });
    expect(seen.get('mul1')?.histogram?.total).toBe(1);
  });

  it('stops when it is interrupted', async () => {
    const feeds = [{ x: float32([1, 2], [1, 2]) }];
    const signal = AbortSignal.abort();
    await expect(observe(chain(2), feeds, {}, quietContext({ signal }))).rejects.toThrow(/abort/i);
  });
});

describe('readCalibration', () => {
  it('takes rows from the whole file, without the true value, again and again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'calibrate-'));
    try {
      const lines = Array.from({ length: 100 }, (_, i) => `${i},${-i},${i % 3}`);
      await writeFile(join(folder, 'train.csv'), `a,b,label\n${lines.join('\n')}\n`);
      const context = quietContext({ cwd: folder });
      const options = { data: 'train.csv', samples: 20, batch: 5 };
      const data = await readCalibration(chain(1), options, context);
      expect(data.rows).toBe(20);
      const first = () => Array.from(data.feeds, ({ x }) => ({ dims: x?.dims, first: x?.data[0] }));
      expect(first()).toEqual([0, 32, 63, 95].map((row) => ({ dims: [5, 2], first: row })));
      expect(first()).toEqual(first());
      const seen = await observe(chain(1), data.feeds, {}, context);
      expect(seen.get('x')).toMatchObject({ min: -99, max: 99, count: 40 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
