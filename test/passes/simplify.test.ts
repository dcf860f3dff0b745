// Limits, scales of attention, columns scaled one by one, and parts that are put together again.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import cancelSplitConcat from '../../src/passes/cancel-split-concat.ts';
import type { Pass } from '../../src/passes/definition.ts';
import fuseBatchNormConv from '../../src/passes/fuse-batch-norm-conv.ts';
import fuseScaleMatmul from '../../src/passes/fuse-scale-matmul.ts';
import hoistPastConcat from '../../src/passes/hoist-past-concat.ts';
import mergeClips from '../../src/passes/merge-clips.ts';
import removeDeadCode from '../../src/passes/remove-dead-code.ts';
import { Maker } from './graph-maker.ts';
import { difference, opTypes } from './graphs.ts';

type Make = (m: Maker) => string;

async function changed(dims: readonly number[], make: Make, passes: readonly Pass[]) {
  const m = new Maker(dims);
  const { model, feeds } = m.done(make(m));
  const before = opTypes(model);
  const distance = await difference(model, passes, feeds);
  return { before, opTypes: opTypes(model).slice(0, -1), model, distance };
}

async function left(dims: readonly number[], make: Make, pass: Pass): Promise<void> {
  const { before, opTypes: now, distance } = await changed(dims, make, [pass]);
  expect(distance).toBe(0);
  expect(now).toEqual(before.slice(0, -1));
}

describe('merge-clips', () => {
  const cases: [string, string[], Make][] = [
    ['Clip of Clip', ['Clip'], (m) => m.op('Clip', [m.op('Clip', [m.x, -0.5, 0.7]), -0.2, 0.9])],
    ['Clip of Relu', ['Clip'], (m) => m.op('Clip', [m.op('Relu', [m.x]), -1, 0.5])],
    ['Relu of Clip', ['Clip'], (m) => m.op('Relu', [m.op('Clip', [m.x, -0.5, 0.5])])],
    ['Relu of a Clip above zero', ['Clip'], (m) => m.op('Relu', [m.op('Clip', [m.x, 0.1, 0.5])])],
    ['Relu of a lower limit', ['Relu'], (m) => m.op('Relu', [m.op('Max', [m.x, -0.5])])],
    ['Min of Max', ['Clip'], (m) => m.op('Min', [0.5, m.op('Max', [m.x, 0])])],
    ['three in a row', ['Clip'], (m) => m.op('Clip', [m.op('Relu', [m.op('Min', [m.x, 0.5])]), 0, 6])],
  ];
  it.each(cases)('merges %s', async (_, wanted, make) => {
    const { opTypes: now, distance } = await changed([2, 5], make, [mergeClips]);
    expect(distance).toBe(0);
    expect(now).toEqual(wanted);
  });

  const nearMisses: [string, Make][] = [
    [
      'a Clip with another reader',
      (m) => {
        const inner = m.op('Relu', [m.x]);
        return m.op('Add', [m.op('Clip', [inner, 0, 0.5]), inner]);
      },
    ],
    ['limits per column', (m) => m.op('Relu', [m.op('Max', [m.x, m.numbers([1, 2, 3, 4, 5])])])],
    ['a limit that is computed', (m) => m.op('Relu', [m.op('Max', [m.x, m.op('ReduceMean', [m.x])])])],
    ['limits that exclude one another', (m) => m.op('Clip', [m.op('Clip', [m.x, 0, 0.1]), 0.5, 0.6])],
    ['a limit that widens', (m) => m.op('Relu', [m.op('Max', [m.x, m.constant([1, 1, 1])])])],
    ['a lone Max', (m) => m.op('Max', [m.op('Neg', [m.x]), 0.1])],
  ];
  it.each(nearMisses)('leaves %s alone', async (_, make) => {
    await left([2, 5], make, mergeClips);
  });

  it('leaves a Relu alone that is a graph output', async () => {
    await left(
      [2, 5],
      (m) => {
        const inner = m.op('Relu', [m.x]);
        m.expose(inner);
        return m.op('Clip', [inner, 0, 0.5]);
      },
      mergeClips,
    );
  });
});

describe('fuse-scale-matmul', () => {
  const dims = [2, 6, 8];
  const heads = (m: Maker, perm: readonly number[]) => {
    const sum = m.op('Add', [m.op('MatMul', [m.x, m.constant([8, 8])]), m.constant([8])]);
    return m.op('Transpose', [m.op('Reshape', [sum, m.ints([0, 6, 2, 4])])], { perm: int(perm) });
  };
  it.each<[string, Make]>([
    ['queries', (m) => m.op('MatMul', [m.op('Mul', [heads(m, [0, 2, 1, 3]), 0.5]), heads(m, [0, 2, 3, 1])])],
    ['scores', (m) => m.op('Div', [m.op('MatMul', [heads(m, [0, 2, 1, 3]), heads(m, [0, 2, 3, 1])]), 3])],
    [
      'a Gemm',
      (m) => m.op('Mul', [m.op('Gemm', [m.op('Flatten', [m.x]), m.constant([48, 3]), m.constant([3])]), 0.3]),
    ],
  ])('takes the scale of %s into the weights', async (_, make) => {
    const { opTypes: now, distance } = await changed(dims, make, [fuseScaleMatmul]);
    expect(distance).toBeLessThan(1e-5);
    expect(now).not.toContain('Mul');
    expect(now).not.toContain('Div');
  });

  it.each<[string, Make]>([
    [
      'scores that are read elsewhere',
      (m) => {
        const scores = m.op('MatMul', [heads(m, [0, 2, 1, 3]), heads(m, [0, 2, 3, 1])]);
        return m.op('Add', [m.op('Mul', [scores, 0.5]), scores]);
      },
    ],
    [
      'a bias that is computed',
      (m) => m.op('Mul', [m.op('Add', [m.op('MatMul', [m.x, m.constant([8, 8])]), m.x]), 0.5]),
    ],
    [
      'a scale per column',
      (m) =>
        m.op('Mul', [
          m.op('Add', [m.op('MatMul', [m.x, m.constant([8, 8])]), m.constant([8])]),
          m.constant([8]),
        ]),
    ],
    ['one over the product', (m) => m.op('Div', [0.5, m.op('MatMul', [m.x, m.constant([8, 8])])])],
    [
      'shared weights',
      (m) => {
        const w = m.constant([8, 8]);
        return m.op('Add', [
          m.op('Mul', [m.op('MatMul', [m.x, w]), 0.5]),
          m.op('MatMul', [m.op('Neg', [m.x]), w]),
        ]);
      },
    ],
    [
      'an activation on the way',
      (m) => m.op('Mul', [m.op('Tanh', [m.op('MatMul', [m.x, m.constant([8, 8])])]), 0.5]),
    ],
  ])('leaves %s alone', async (_, make) => {
    await left(dims, make, fuseScaleMatmul);
  });
});

describe('hoist-past-concat', () => {
  const columns = (m: Maker, opTypes: readonly string[], last?: (x: string) => string) => {
    const parts = [0, 1, 2].map((start) => {
      let value = m.op('Slice', [m.x, m.ints([start]), m.ints([start + 1]), m.ints([1])]);
      for (const opType of opTypes) value = m.op(opType, [value, m.numbers([start + 0.5])]);
      return start === 2 && last ? last(value) : value;
    });
    return m.op('Concat', parts, { axis: int(-1) });
  };
  it('scales columns at once, and exactly', async () => {
    const { opTypes: now, distance } = await changed([4, 3], (m) => columns(m, ['Sub', 'Div']), [
      hoistPastConcat,
    ]);
    expect(distance).toBe(0);
    expect(now).toEqual(['Slice', 'Slice', 'Slice', 'Concat', 'Sub', 'Div']);
  });

  it('keeps the side of the constant', async () => {
    const make: Make = (m) =>
      m.op('Concat', [m.op('Sub', [m.numbers([1, 2, 3]), m.x]), m.op('Sub', [2, m.op('Neg', [m.x])])], {
        axis: int(1),
      });
    const { opTypes: now, distance } = await changed([4, 3], make, [hoistPastConcat]);
    expect(distance).toBe(0);
    expect(now).toEqual(['Neg', 'Concat', 'Sub']);
  });

  it('works along channels of images', async () => {
    const make: Make = (m) =>
      m.op('Concat', [m.op('Mul', [m.x, m.constant([3, 1, 1])]), m.op('Mul', [2, m.op('Neg', [m.x])])], {
        axis: int(1),
      });
    const { opTypes: now, distance } = await changed([2, 3, 2, 2], make, [hoistPastConcat]);
    expect(distance).toBe(0);
    expect(now).toEqual(['Neg', 'Concat', 'Mul']);
  });

  it.each<[string, Make]>([
    ['different operators', (m) => columns(m, ['Sub'], (x) => m.op('Relu', [x]))],
    [
      'constants on different sides',
      (m) => m.op('Concat', [m.op('Sub', [1, m.x]), m.op('Sub', [m.x, 1])], { axis: int(1) }),
    ],
    [
      'a constant along another axis',
      (m) =>
        m.op('Concat', [m.op('Add', [m.x, 1]), m.op('Add', [m.x, m.constant([4, 1])])], { axis: int(1) }),
    ],
    [
      'a result that is read elsewhere',
      (m) => {
        const a = m.op('Add', [m.x, 1]);
        return m.op('Add', [
          m.op('Concat', [a, m.op('Add', [m.x, 2])], { axis: int(1) }),
          m.op('ReduceMean', [a]),
        ]);
      },
    ],
    [
      'the same value twice',
      (m) => {
        const a = m.op('Add', [m.x, 1]);
        return m.op('Concat', [a, a], { axis: int(1) });
      },
    ],
  ])('leaves %s alone', async (_, make) => {
    await left([4, 3], make, hoistPastConcat);
  });

  it('does not fold a shift of many deviations into what follows', async () => {
    const shifted =
      (mean: number): Make =>
      (m) =>
        m.op('Gemm', [m.op('Sub', [m.x, mean]), m.constant([3, 2]), m.constant([2])]);
    expect((await changed([4, 3], shifted(3), [fuseBatchNormConv])).opTypes).toEqual(['Gemm']);
    expect((await changed([4, 3], shifted(3000), [fuseBatchNormConv])).opTypes).toEqual(['Sub', 'Gemm']);
  });
});

describe('cancel-split-concat', () => {
  const split = (m: Maker, lengths: readonly number[], axis = 1) =>
    m.b.addAll('Split', [m.x, m.ints(lengths)], lengths.length, { attributes: { axis: int(axis) } });
  it('joins what was split', async () => {
    const make: Make = (m) => m.op('Relu', [m.op('Concat', split(m, [1, 3, 2]), { axis: int(-1) })]);
    const { opTypes: now, distance } = await changed([4, 6], make, [cancelSplitConcat]);
    expect([distance, now]).toEqual([0, ['Relu']]);
  });

  it('splits what was joined', async () => {
    const make: Make = (m) => {
      const whole = m.op('Concat', [m.op('Neg', [m.x]), m.op('Abs', [m.x])], { axis: int(1) });
      const [a = '', b = ''] = m.b.addAll('Split', [whole], 2, {
        attributes: { axis: int(1), num_outputs: int(2) },
      });
      return m.op('Sub', [a, b]);
    };
    const { opTypes: now, distance } = await changed([4, 6], make, [cancelSplitConcat, removeDeadCode]);
    expect([distance, now]).toEqual([0, ['Neg', 'Abs', 'Sub']]);
  });

  it.each<[string, Make]>([
    ['parts in another order', (m) => m.op('Concat', [...split(m, [1, 3, 2])].reverse(), { axis: int(1) })],
    ['a part left out', (m) => m.op('Concat', split(m, [1, 3, 2]).slice(1), { axis: int(1) })],
    ['another axis', (m) => m.op('Concat', split(m, [3, 3]), { axis: int(0) })],
    [
      'other joints',
      (m) => {
        const whole = m.op('Concat', [m.op('Neg', [m.x]), m.op('Abs', [m.x])], { axis: int(1) });
        const [a = '', b = ''] = m.b.addAll('Split', [whole, m.ints([5, 7])], 2, {
          attributes: { axis: int(1) },
        });
        return m.op('Add', [m.op('ReduceMean', [a]), m.op('ReduceMean', [b])]);
      },
    ],
  ])('leaves %s alone', async (_, make) => {
    await left([4, 6], make, cancelSplitConcat);
  });
});
