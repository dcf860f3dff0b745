// Loops that may never end are found out before the model is run; those that only do not say when they end are run.

import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, Model } from '../../src/graph/model.ts';
import { float32, int64 } from '../../src/graph/tensor.ts';
import { guardLoops } from '../../src/lifecycle/convert/endless.ts';
import { inferTypes } from '../../src/ops/infer.ts';

describe('a loop', () => {
  it('of a constant number of rounds needs no guard', async () => {
    expect(await guardLoops(model((b) => b.constant('count', int64([3]))))).toBeUndefined();
  });

  it('of a computed number of rounds goes round that often', async () => {
    const rounds = (b: GraphBuilder) => b.add('Shape', [b.graph.inputs[0] ?? '']);
    expect(await check(model(rounds))).toBe('ends');
  });

  it('that goes on as long as a condition holds is stopped when it holds for ever', async () => {
    expect(await check(model(() => ''))).toMatch(/loop is not done after going round 100000 times/);
    expect(await check(model(() => '', 40))).toBe('ends');
  });

  it('of more rounds than can be waited for is stopped', async () => {
    const rounds = (b: GraphBuilder) =>
      b.add('Mul', [b.add('Shape', [b.graph.inputs[0] ?? '']), b.constant('far', int64([1_000_000]))]);
    expect(await check(model(rounds))).toMatch(/not done/);
  });
});

async function check(looping: Model): Promise<string> {
  const guard = await guardLoops(looping);
  if (guard === undefined) return 'no guard';
  try {
    await guard.check({ x: float32([5], [0, 0, 0, 0, 0]) });
    return 'ends';
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  } finally {
    await guard.close();
  }
}

/** x + 1 in every round, as long as no element is larger than `most`. */
function model(rounds: (b: GraphBuilder) => string, most?: number): Model {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', ['n']);
  const inputs = [rounds(b), '', x];
  const attributes = { body: { type: 'graph', value: body(most) } as const };
  b.output('y', b.add('Loop', inputs, { name: 'loop', attributes }), 'float32', ['n']);
  const made = b.model({ name: 'test', version: '1' });
  inferTypes(made);
  return made;
}

function body(most: number | undefined): Graph {
  const b = new GraphBuilder('body');
  b.input('round', 'int64', []);
  const goes = b.input('goes', 'bool', []);
  const x = b.input('x_in', 'float32', ['n']);
  const next = b.add('Add', [x, b.constant('one', float32([], [1]))]);
  const largest = b.add('ReduceMax', [next], { attributes: { keepdims: { type: 'int', value: 0 } } });
  const isBelow =
    most === undefined ? goes : b.add('Less', [largest, b.constant('most', float32([], [most]))]);
  b.output('goes_on', b.add('Identity', [isBelow]), 'bool', []);
  b.output('x_out', next, 'float32', ['n']);
  return b.graph;
}
