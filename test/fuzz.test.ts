// Broken files end in a clean error or a correct result: a few hundred of each format, and every file that once did not.
// The whole search: npm run fuzz; docs/fuzzing.md has what it found.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formats } from '../fixtures/fuzz/case.ts';
import { runAll } from '../fixtures/fuzz/pool.ts';
import type { Order, Outcome } from '../fixtures/fuzz/worker.ts';

const CASES = 75;

describe('fuzz', () => {
  it('files of every format, broken by chance', async () => {
    const orders = formats.flatMap((format) =>
      // Both what is read and what is compared; a start that no other run uses.
      Array.from(
        { length: CASES },
        (_, at): Order => ({ format, seed: 20_000, index: at, verify: at % 8 === 1 }),
      ),
    );
    const outcomes = await outcomesOf(orders);
    expect(outcomes.filter(({ result }) => result === 'finding')).toEqual([]);
    expect(outcomes).toHaveLength(orders.length);
    // The search would find nothing if nothing was read, or nothing broken.
    const results = new Set(outcomes.map(({ result }) => result));
    expect([...results]).toEqual(expect.arrayContaining(['converted', 'MODEL_DAMAGED', 'MODEL_INVALID']));
  }, 120_000);

  it('files that were not refused cleanly before', async () => {
    const orders = regressions();
    expect(orders.length).toBeGreaterThan(0);
    const outcomes = await outcomesOf(orders);
    expect(outcomes.map(({ base, result, problem = '' }) => `${base} ${result}${problem}`)).toEqual(
      orders.map(({ base, expected }) => `${base} ${expected}`),
    );
  }, 120_000);
});

async function outcomesOf(orders: readonly Order[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await runAll(orders, { workers: 1, corpus: undefined, told: (outcome) => outcomes.push(outcome) });
  return outcomes;
}

function regressions(): (Order & { readonly expected: string })[] {
  const text = readFileSync(new URL('../fixtures/fuzz/regressions.tsv', import.meta.url), 'utf8');
  const [, ...lines] = text.trim().split('\n');
  return lines.map((line) => {
    const [format = '', base = '', seed = '', index = '', verify = '', expected = ''] = line.split('\t');
    return { format, base, seed: Number(seed), index: Number(index), verify: verify === 'yes', expected };
  });
}
