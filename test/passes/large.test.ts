// Graphs far larger than models are: nothing recurses along a chain, nothing searches the node list again and again (a
// quadratic pass would take minutes here).

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model } from '../../src/graph/model.ts';
import { pipelines } from '../../src/passes/pipelines.ts';
import { runPasses } from '../../src/passes/run.ts';
import { count, opTypes, tools } from './graphs.ts';

function chain(length: number, step: (b: GraphBuilder, value: string, index: number) => string): Model {
  const b = new GraphBuilder('chain');
  let value = b.input('x', 'float32', ['batch', 2, 3, 4]);
  for (let index = 0; index < length; index++) value = step(b, value, index);
  b.output('y', value, 'float32', [null, null, null, null]);
  return b.model({ name: 't', version: '1' });
}

const perm = (axes: number[]) => ({ attributes: { perm: int(axes) } });

describe('graphs of 30,000 nodes', () => {
  it('merges a chain of Transposes', async () => {
    const model = chain(30_000, (b, v) => b.add('Transpose', [v], perm([0, 2, 3, 1])));
    await runPasses(model, pipelines.optimize, tools);
    expect(opTypes(model)).toEqual(['Identity']);
  });

  it('moves Transposes through a chain of operators', async () => {
    const model = chain(30_000, (b, v, index) =>
      index % 3 === 0
        ? b.add('Transpose', [v], perm([0, 2, 3, 1]))
        : index % 3 === 1
          ? b.add(index % 2 ? 'Abs' : 'Neg', [v])
          : b.add('Transpose', [v], perm([0, 3, 1, 2])),
    );
    await runPasses(model, pipelines.optimize, tools);
    expect(count(model, 'Transpose')).toBe(0);
    expect(model.graph.nodes.length).toBe(10_000);
  });

  it('merges a value read thirty thousand times', async () => {
    const b = new GraphBuilder('wide');
    const x = b.input('x', 'float32', ['batch', 2, 3, 4]);
    const parts = Array.from({ length: 30_000 }, () => b.add('Transpose', [x], perm([0, 2, 3, 1])));
    b.output('y', b.add('Sum', parts), 'float32', [null, null, null, null]);
    const model = b.model({ name: 't', version: '1' });
    await runPasses(model, pipelines.optimize, tools);
    expect(count(model, 'Transpose')).toBe(1);
  });

  it('folds a chain of constants and drops a dead one', async () => {
    const model = chain(3, (b, v, index) => {
      let constant = b.number('c', index + 1);
      let dead = v;
      for (let i = 0; i < 5_000; i++) {
        constant = b.add('Sqrt', [constant]);
        dead = b.add('Neg', [dead]);
      }
      return b.add('Sub', [v, constant]);
    });
    await runPasses(model, pipelines.optimize, tools);
    expect(count(model, 'Sqrt')).toBe(0);
    expect(count(model, 'Neg')).toBe(0);
  });
});
