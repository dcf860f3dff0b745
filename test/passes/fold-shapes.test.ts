// Shapes that are asked for while running though they are known before.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import foldShapes from '../../src/passes/fold-shapes.ts';
import removeDeadCode from '../../src/passes/remove-dead-code.ts';
import { Maker } from './graph-maker.ts';
import { difference, opTypes } from './graphs.ts';

type Make = (m: Maker) => string;

async function folded(
  dims: readonly number[],
  make: Make,
): Promise<{ opTypes: string[]; shape: number[] | undefined }> {
  const m = new Maker(dims);
  const { model, feeds } = m.done(make(m));
  expect(await difference(model, [foldShapes, removeDeadCode], feeds)).toBe(0);
  const reshape = model.graph.nodes.find(({ opType }) => opType === 'Reshape');
  const shape = model.graph.initializers.get(reshape?.inputs[1] ?? '');
  return {
    opTypes: opTypes(model).slice(0, -1),
    shape: shape && Array.from(shape.data as BigInt64Array, Number),
  };
}

/** The length of one axis of x, as a list of one. */
const length = (m: Maker, axis: number, x = m.x) =>
  m.op('Unsqueeze', [
    m.op('Gather', [
      m.op('Shape', [x]),
      m.b.constant('i', { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(axis)) }),
    ]),
    m.ints([0]),
  ]);

describe('fold-shapes', () => {
  it('writes `view(x.size(0), -1)` down', async () => {
    const make: Make = (m) =>
      m.op('Reshape', [m.x, m.op('Concat', [length(m, 0), m.ints([-1])], { axis: int(0) })]);
    expect(await folded([2, 3, 4], make)).toEqual({ opTypes: ['Reshape'], shape: [-1, 12] });
  });

  it('takes the open axis for the batch where that moves', async () => {
    const make: Make = (m) =>
      m.op('Reshape', [m.x, m.op('Concat', [m.ints([3]), length(m, 0), m.ints([4])], { axis: int(0) })]);
    expect(await folded([2, 3, 4], make)).toEqual({ opTypes: ['Reshape'], shape: [3, -1, 4] });
  });

  it('counts with lengths that are known', async () => {
    const make: Make = (m) => {
      const half = m.op('Div', [length(m, 2), m.ints([2])]);
      return m.op('Slice', [m.op('Neg', [m.x]), m.ints([0]), half, m.ints([2])]);
    };
    expect((await folded([2, 3, 4], make)).opTypes).toEqual(['Neg', 'Slice']);
  });

  it('leaves what depends on the batch', async () => {
    const make: Make = (m) =>
      m.op('Expand', [m.constant([1, 4]), m.op('Concat', [length(m, 0), m.ints([4])], { axis: int(0) })]);
    expect((await folded([2, 4], make)).opTypes).toEqual([
      'Shape',
      'Gather',
      'Unsqueeze',
      'Concat',
      'Expand',
    ]);
  });

  it('leaves a Reshape with two open axes', async () => {
    const make: Make = (m) => {
      const picked = m.op('Unsqueeze', [m.op('Unique', [m.x]), m.ints([1])]);
      const table = m.op('MatMul', [picked, m.op('Transpose', [m.x], { perm: int([1, 0]) })]);
      return m.op('Reshape', [table, m.op('Concat', [length(m, 0), length(m, 0, picked)], { axis: int(0) })]);
    };
    expect((await folded([2, 1], make)).opTypes).toContain('Shape');
  });

  it('leaves a length that is a graph output', async () => {
    const m = new Maker([2, 3]);
    const shape = m.op('Shape', [m.x], { start: int(1) });
    m.b.graph.outputs.push(shape);
    m.b.graph.types.set(shape, { kind: 'tensor', dtype: 'int64', shape: undefined });
    const { model, feeds } = m.done(m.op('Neg', [m.x]));
    expect(await difference(model, [foldShapes], feeds)).toBe(0);
    expect(opTypes(model)).toContain('Shape');
  });
});
