// LayerNormalization, GELU and other activations put together from their parts.

import { describe, expect, it } from 'vitest';
import { float, int } from '../../src/graph/attribute.ts';
import type { Pass } from '../../src/passes/definition.ts';
import fuseGelu from '../../src/passes/fuse-gelu.ts';
import fuseHardSigmoid from '../../src/passes/fuse-hard-sigmoid.ts';
import fuseHardSwish from '../../src/passes/fuse-hard-swish.ts';
import fuseLayerNormalization from '../../src/passes/fuse-layer-normalization.ts';
import fuseMish from '../../src/passes/fuse-mish.ts';
import fuseSoftplus from '../../src/passes/fuse-softplus.ts';
import mergeDuplicates from '../../src/passes/merge-duplicates.ts';
import { Maker } from './graph-maker.ts';
import { difference, opTypes, run, tools } from './graphs.ts';

type Make = (m: Maker) => string;
const dims = [2, 3, 4, 5];

async function rewritten(make: Make, pass: Pass): Promise<string[]> {
  const m = new Maker(dims);
  const { model, feeds } = m.done(make(m));
  expect(await difference(model, [mergeDuplicates, pass], feeds)).toBeLessThan(1e-5);
  return opTypes(model).slice(0, -1);
}

/** Asserts that the pass leaves the graph as it was. */
async function left(make: Make, pass: Pass): Promise<void> {
  const m = new Maker(dims);
  const { model, feeds } = m.done(make(m));
  await difference(model, [mergeDuplicates], feeds);
  const before = opTypes(model);
  expect(await difference(model, [pass], feeds)).toBe(0);
  expect(opTypes(model)).toEqual(before);
}

const last = { keepdims: int(1) };

type Parts = {
  readonly axes?: readonly number[];
  readonly varianceAxes?: readonly number[];
  readonly keepdims?: number;
  readonly square?: 'pow' | 'mul';
  readonly divide?: 'div' | 'reciprocal' | 'one-over';
};

function normalized(m: Maker, x: string, parts: Parts = {}): { y: string; centred: string; mean: string } {
  const { axes = [-1], varianceAxes = axes, square = 'pow', divide = 'div' } = parts;
  const keepdims = { keepdims: int(parts.keepdims ?? 1) };
  const mean = m.op('ReduceMean', [x, m.ints(axes)], keepdims);
  const centred = m.op('Sub', [x, mean]);
  const squares = square === 'pow' ? m.op('Pow', [centred, 2]) : m.op('Mul', [centred, centred]);
  const root = m.op('Sqrt', [m.op('Add', [m.op('ReduceMean', [squares, m.ints(varianceAxes)], last), 1e-3])]);
  const y = {
    div: () => m.op('Div', [centred, root]),
    reciprocal: () => m.op('Mul', [centred, m.op('Reciprocal', [root])]),
    'one-over': () => m.op('Mul', [m.op('Div', [1, root]), centred]),
  }[divide]();
  return { y, centred, mean };
}

describe('fuse-layer-normalization', () => {
  const cases: [string, Make][] = [
    [
      'scale and bias',
      (m) => m.op('Add', [m.op('Mul', [normalized(m, m.x).y, m.constant([5])]), m.constant([5])]),
    ],
    ['neither', (m) => normalized(m, m.x).y],
    ['a scale alone', (m) => m.op('Mul', [m.constant([1, 5]), normalized(m, m.x).y])],
    ['a bias alone', (m) => m.op('Add', [normalized(m, m.x).y, m.constant([1, 1, 1, 5])])],
    ['a square by Mul', (m) => normalized(m, m.x, { square: 'mul' }).y],
    ['a Reciprocal', (m) => normalized(m, m.x, { divide: 'reciprocal' }).y],
    ['one over the root', (m) => normalized(m, m.x, { divide: 'one-over', square: 'mul' }).y],
    [
      'two axes',
      (m) =>
        m.op('Add', [
          m.op('Mul', [normalized(m, m.x, { axes: [3, -2] }).y, m.constant([4, 5])]),
          m.constant([4, 5]),
        ]),
    ],
    [
      'the factor spread over the sum',
      (m) => {
        const mean = m.op('ReduceMean', [m.x, m.ints([-1])], last);
        const centred = m.op('Sub', [m.x, mean]);
        const variance = m.op('ReduceMean', [m.op('Mul', [centred, centred]), m.ints([-1])], last);
        const root = m.op('Sqrt', [m.op('Add', [variance, 1e-3])]);
        const factor = m.op('Mul', [m.op('Reciprocal', [root]), m.constant([5])]);
        const rest = m.op('Sub', [m.constant([5]), m.op('Mul', [mean, factor])]);
        return m.op('Add', [m.op('Mul', [m.x, factor]), rest]);
      },
    ],
  ];
  it.each(cases)('finds it with %s', async (_, make) => {
    expect(await rewritten(make, fuseLayerNormalization)).toEqual(['LayerNormalization']);
  });

  it('leaves what follows with another shape', async () => {
    const wide: Make = (m) => m.op('Mul', [normalized(m, m.x).y, m.constant([4, 5])]);
    expect(await rewritten(wide, fuseLayerNormalization)).toEqual(['LayerNormalization', 'Mul']);
    const added: Make = (m) => m.op('Add', [normalized(m, m.x).y, m.op('Neg', [m.x])]);
    expect(await rewritten(added, fuseLayerNormalization)).toEqual(['Neg', 'LayerNormalization', 'Add']);
  });

  const nearMisses: [string, Make][] = [
    ['an axis that is not the last', (m) => normalized(m, m.x, { axes: [1] }).y],
    ['axes with a gap', (m) => normalized(m, m.x, { axes: [1, 3] }).y],
    ['two different axes', (m) => normalized(m, m.x, { axes: [-1], varianceAxes: [-2] }).y],
    [
      'an epsilon beside the root',
      (m) => {
        const centred = m.op('Sub', [m.x, m.op('ReduceMean', [m.x, m.ints([-1])], last)]);
        const variance = m.op('ReduceMean', [m.op('Pow', [centred, 2]), m.ints([-1])], last);
        return m.op('Div', [centred, m.op('Add', [m.op('Sqrt', [variance]), 1e-3])]);
      },
    ],
    [
      'a third power',
      (m) => {
        const centred = m.op('Sub', [m.x, m.op('ReduceMean', [m.x, m.ints([-1])], last)]);
        const variance = m.op('ReduceMean', [m.op('Abs', [m.op('Pow', [centred, 3])]), m.ints([-1])], last);
        return m.op('Div', [centred, m.op('Sqrt', [m.op('Add', [variance, 1e-3])])]);
      },
    ],
    [
      'the mean of another value',
      (m) => {
        const centred = m.op('Sub', [m.x, m.op('ReduceMean', [m.op('Abs', [m.x]), m.ints([-1])], last)]);
        const variance = m.op('ReduceMean', [m.op('Pow', [centred, 2]), m.ints([-1])], last);
        return m.op('Div', [centred, m.op('Sqrt', [m.op('Add', [variance, 1e-3])])]);
      },
    ],
    [
      'an epsilon for each entry',
      (m) => {
        const centred = m.op('Sub', [m.x, m.op('ReduceMean', [m.x, m.ints([-1])], last)]);
        const variance = m.op('ReduceMean', [m.op('Pow', [centred, 2]), m.ints([-1])], last);
        return m.op('Div', [centred, m.op('Sqrt', [m.op('Add', [variance, m.numbers([1, 2, 3, 4, 5])])])]);
      },
    ],
    [
      'a centred value that is read elsewhere',
      (m) => {
        const { y, centred } = normalized(m, m.x);
        return m.op('Add', [y, m.op('Abs', [centred])]);
      },
    ],
    [
      'a mean that is an output of the graph',
      (m) => {
        const { y, mean } = normalized(m, m.x);
        m.expose(mean);
        return y;
      },
    ],
  ];
  it.each(nearMisses)('leaves %s alone', async (_, make) => {
    await left(make, fuseLayerNormalization);
  });
});

describe('fuse-gelu', () => {
  const gate = (m: Maker, x: string, factor = Math.SQRT2) =>
    m.op('Add', [m.op('Erf', [m.op('Div', [x, factor])]), 1]);
  const inner = (m: Maker, x: string, cubed: string) =>
    m.op('Mul', [m.op('Add', [x, m.op('Mul', [cubed, 0.044715])]), Math.sqrt(2 / Math.PI)]);
  const cases: [string, Make][] = [
    ['halved last', (m) => m.op('Mul', [m.op('Mul', [m.x, gate(m, m.x)]), 0.5])],
    ['halved first', (m) => m.op('Mul', [m.op('Mul', [0.5, m.x]), gate(m, m.x)])],
    ['halved in the gate', (m) => m.op('Mul', [m.x, m.op('Mul', [gate(m, m.x), 0.5])])],
    [
      'a root by Mul',
      (m) =>
        m.op('Mul', [
          m.op('Mul', [0.5, m.x]),
          m.op('Add', [1, m.op('Erf', [m.op('Mul', [m.x, Math.SQRT1_2])])]),
        ]),
    ],
    [
      'Tanh and Pow',
      (m) =>
        m.op('Mul', [
          m.op('Mul', [m.x, 0.5]),
          m.op('Add', [m.op('Tanh', [inner(m, m.x, m.op('Pow', [m.x, 3]))]), 1]),
        ]),
    ],
    [
      'Tanh and products',
      (m) => {
        const cubed = m.op('Mul', [m.op('Mul', [m.x, m.x]), m.x]);
        return m.op('Mul', [m.x, m.op('Mul', [m.op('Add', [1, m.op('Tanh', [inner(m, m.x, cubed)])]), 0.5])]);
      },
    ],
  ];
  it.each(cases)('finds it with %s', async (_, make) => {
    expect(await rewritten(make, fuseGelu)).toEqual(['Gelu']);
  });

  const nearMisses: [string, Make][] = [
    ['another root', (m) => m.op('Mul', [m.op('Mul', [m.x, gate(m, m.x, 1.5)]), 0.5])],
    ['another half', (m) => m.op('Mul', [m.op('Mul', [m.x, gate(m, m.x)]), 0.6])],
    ['a gate of another value', (m) => m.op('Mul', [m.op('Mul', [m.x, gate(m, m.op('Neg', [m.x]))]), 0.5])],
    [
      'a gate that is read elsewhere',
      (m) => {
        const open = gate(m, m.x);
        return m.op('Add', [m.op('Mul', [m.op('Mul', [m.x, open]), 0.5]), open]);
      },
    ],
    [
      'a product that is an output of the graph',
      (m) => {
        const whole = m.op('Mul', [m.x, gate(m, m.x)]);
        m.expose(whole);
        return m.op('Mul', [whole, 0.5]);
      },
    ],
    [
      'another cubic',
      (m) => {
        const sum = m.op('Add', [m.x, m.op('Mul', [m.op('Pow', [m.x, 3]), 0.05])]);
        const tanh = m.op('Tanh', [m.op('Mul', [sum, Math.sqrt(2 / Math.PI)])]);
        return m.op('Mul', [m.op('Mul', [m.x, 0.5]), m.op('Add', [tanh, 1])]);
      },
    ],
  ];
  it.each(nearMisses)('leaves %s alone', async (_, make) => {
    await left(make, fuseGelu);
  });
});

describe('other activations', () => {
  const relu6 = (m: Maker, x: string, shift = 3) => m.op('Clip', [m.op('Add', [x, shift]), 0, 6]);
  const sixth = { alpha: float(1 / 6), beta: float(0.5) };
  const cases: [string, Pass, Make][] = [
    ['HardSigmoid', fuseHardSigmoid, (m) => m.op('Div', [relu6(m, m.x), 6])],
    ['HardSigmoid', fuseHardSigmoid, (m) => m.op('Mul', [1 / 6, relu6(m, m.x)])],
    [
      'HardSigmoid',
      fuseHardSigmoid,
      (m) => m.op('Div', [m.op('Min', [m.op('Relu', [m.op('Add', [m.x, 3])]), 6]), 6]),
    ],
    ['HardSwish', fuseHardSwish, (m) => m.op('Mul', [m.x, m.op('HardSigmoid', [m.x], sixth)])],
    ['HardSwish', fuseHardSwish, (m) => m.op('Div', [m.op('Mul', [m.x, relu6(m, m.x)]), 6])],
    ['HardSwish', fuseHardSwish, (m) => m.op('Mul', [m.x, m.op('Div', [relu6(m, m.x), 6])])],
    ['Mish', fuseMish, (m) => m.op('Mul', [m.op('Tanh', [m.op('Softplus', [m.x])]), m.x])],
    ['Softplus', fuseSoftplus, (m) => m.op('Log', [m.op('Add', [1, m.op('Exp', [m.x])])])],
  ];
  it.each(cases)('puts %s together', async (opType, pass, make) => {
    expect(await rewritten(make, pass)).toEqual([opType]);
  });

  const nearMisses: [string, Pass, Make][] = [
    ['a HardSigmoid with another shift', fuseHardSigmoid, (m) => m.op('Div', [relu6(m, m.x, 2), 6])],
    ['a HardSigmoid of fifths', fuseHardSigmoid, (m) => m.op('Div', [relu6(m, m.x), 5])],
    ['Keras 2 hard sigmoid', fuseHardSwish, (m) => m.op('Mul', [m.x, m.op('HardSigmoid', [m.x])])],
    [
      'a gate of another value',
      fuseHardSwish,
      (m) => m.op('Mul', [m.op('Abs', [m.x]), m.op('HardSigmoid', [m.x], sixth)]),
    ],
    [
      'Tanh of another value',
      fuseMish,
      (m) => m.op('Mul', [m.x, m.op('Tanh', [m.op('Softplus', [m.op('Neg', [m.x])])])]),
    ],
    ['Log of Exp and two', fuseSoftplus, (m) => m.op('Log', [m.op('Add', [2, m.op('Exp', [m.x])])])],
  ];
  it.each(nearMisses)('leaves %s alone', async (_, pass, make) => {
    await left(make, pass);
  });

  it('keeps a Softplus finite where Exp overflows', async () => {
    const m = new Maker([1, 1, 1, 1]);
    const { model } = m.done(
      m.op('Log', [m.op('Add', [m.op('Exp', [m.op('Add', [m.op('Abs', [m.x]), 200])]), 1])]),
    );
    await fuseSoftplus.run(model, tools);
    const { y } = await run(model, {
      x: { dtype: 'float32', dims: [1, 1, 1, 1], data: Float32Array.of(0.5) },
    });
    expect(Array.from(y?.data as Float32Array)).toEqual([200.5]);
  });
});
