// Transposes around sequences and films: look-ups, recurrent layers, Conv1D, pools of single steps.

import { describe, expect, it } from 'vitest';
import { int, string } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import convToMatmul from '../../src/passes/conv-to-matmul.ts';
import mergeTransposes from '../../src/passes/merge-transposes.ts';
import pushTransposes from '../../src/passes/push-transposes.ts';
import removeDeadCode from '../../src/passes/remove-dead-code.ts';
import transposeToReshape from '../../src/passes/transpose-to-reshape.ts';
import widenConv1d from '../../src/passes/widen-conv-1d.ts';
import { Maker } from './graph-maker.ts';
import { difference, insideTransposes, opTypes } from './graphs.ts';

const layout = [{ passes: [mergeTransposes, pushTransposes], atMost: 4 }, removeDeadCode];

const transpose = (m: Maker, x: string, ...perm: number[]) => m.op('Transpose', [x], { perm: int(perm) });

/** Recurrent layers want the steps first and the batch second. */
function gru(m: Maker, x: string, features: number): string {
  const hidden = 3;
  const [w, r] = [m.constant([1, 9, features]), m.constant([1, 9, hidden])];
  const y = m.b.addAll('GRU', [transpose(m, x, 1, 0, 2), w, r], 2, {
    attributes: { hidden_size: int(hidden) },
  });
  return m.op('Squeeze', [y[1] ?? '', m.ints([0])]);
}

/** Row numbers below `rows`, [2, 5]. */
function lookUp(
  rows: number,
  make: (m: Maker, found: string) => string,
): { model: Model; feeds: { x: Tensor } } {
  const m = new Maker([2, 5]);
  const cast = m.op('Cast', [m.x], { to: int(6) });
  const { model } = m.done(make(m, m.op('Gather', [m.constant([rows, 4]), cast])));
  const data = Float32Array.from({ length: 10 }, (_, index) => (index * 7) % rows);
  return { model, feeds: { x: { dtype: 'float32', dims: [2, 5], data } } };
}

describe('push-transposes', () => {
  it('turns the indices of a look-up instead of what was found', async () => {
    const { model, feeds } = lookUp(9, (m, found) => gru(m, found, 4));
    expect(await difference(model, layout, feeds)).toBe(0);
    expect(insideTransposes(model)).toBe(0);
    expect(opTypes(model).slice(0, 4)).toEqual(['Transpose', 'Cast', 'Gather', 'GRU']);
  });

  it('leaves a look-up whose rows are turned', async () => {
    const { model, feeds } = lookUp(9, (m, found) =>
      m.op('Conv', [transpose(m, found, 0, 2, 1), m.constant([3, 4, 2])]),
    );
    expect(await difference(model, layout, feeds)).toBe(0);
    expect(opTypes(model)).toContain('Transpose');
  });

  it('passes a Dense layer and a LayerNormalization of each step', async () => {
    const m = new Maker([2, 5, 4]);
    const dense = m.op('Add', [m.op('MatMul', [m.x, m.constant([4, 6])]), m.constant([6])]);
    const normal = m.op('LayerNormalization', [dense, m.constant([6]), m.constant([6])]);
    const { model, feeds } = m.done(gru(m, normal, 6));
    expect(await difference(model, layout, feeds)).toBeLessThan(1e-6);
    expect(insideTransposes(model)).toBe(0);
  });

  it('stops at a LayerNormalization of what is turned', async () => {
    const m = new Maker([2, 5, 4]);
    const normal = m.op('LayerNormalization', [m.op('Neg', [m.x]), m.constant([4])]);
    const { model, feeds } = m.done(
      m.op('Relu', [m.op('Conv', [transpose(m, normal, 0, 2, 1), m.constant([3, 4, 2])])]),
    );
    expect(await difference(model, layout, feeds)).toBe(0);
    expect(insideTransposes(model)).toBe(1);
  });

  it.each(['MaxPool', 'AveragePool'])(
    'lets steps and channels change places in a %s of each picture',
    async (opType) => {
      const m = new Maker([2, 3, 4, 5, 5]);
      const attributes = {
        kernel_shape: int([1, 2, 2]),
        strides: int([1, 2, 2]),
        pads: int([0, 0, 0, 0, 1, 1]),
      };
      const pooled = m.op(opType, [transpose(m, m.op('Neg', [m.x]), 0, 2, 1, 3, 4)], attributes);
      const { model, feeds } = m.done(m.op('Relu', [transpose(m, pooled, 0, 2, 1, 3, 4)]));
      expect(await difference(model, layout, feeds)).toBe(0);
      expect(opTypes(model)).toEqual(['Neg', opType, 'Relu', 'Identity']);
    },
  );

  it.each([
    ['windows over several steps', { kernel_shape: int([2, 2, 2]) }],
    ['strides over steps', { kernel_shape: int([1, 2, 2]), strides: int([2, 1, 1]) }],
  ])('does not with %s', async (_, attributes) => {
    const m = new Maker([2, 3, 4, 5, 5]);
    const pooled = m.op('MaxPool', [transpose(m, m.op('Neg', [m.x]), 0, 2, 1, 3, 4)], attributes);
    const { model, feeds } = m.done(m.op('Relu', [transpose(m, pooled, 0, 2, 1, 3, 4)]));
    expect(await difference(model, layout, feeds)).toBe(0);
    expect(opTypes(model).filter((name) => name === 'Transpose')).toHaveLength(2);
  });

  it('leaves a Transpose of one channel beside the Reshape it becomes part of', async () => {
    const m = new Maker([2, 3, 1, 1]);
    const conv = transpose(m, m.op('Conv', [m.x, m.constant([4, 3, 1, 1])]), 0, 2, 3, 1);
    const { model, feeds } = m.done(m.op('Flatten', [m.op('Relu', [conv])]));
    expect(await difference(model, [...layout, transposeToReshape], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Conv', 'Relu', 'Reshape', 'Identity']);
  });
});

describe('conv-to-matmul', () => {
  const feedForward = (m: Maker, attributes = {}) => {
    const normal = m.op('LayerNormalization', [m.x, m.constant([4])]);
    const wide = m.op('Conv', [transpose(m, normal, 0, 2, 1), m.constant([6, 4, 1]), m.constant([6])]);
    const narrow = m.op('Conv', [m.op('Relu', [wide]), m.constant([4, 6, 1])], attributes);
    return m.op('Softmax', [m.op('Add', [transpose(m, narrow, 0, 2, 1), m.x])]);
  };

  it('spells Conv1D of one step between layers of the last axis as products', async () => {
    const m = new Maker([2, 5, 4]);
    const { model, feeds } = m.done(feedForward(m));
    expect(await difference(model, [...layout, convToMatmul], feeds)).toBeLessThan(1e-6);
    expect(opTypes(model).slice(0, -1)).toEqual([
      'LayerNormalization',
      'MatMul',
      'Add',
      'Relu',
      'MatMul',
      'Add',
      'Softmax',
    ]);
  });

  it('leaves one that skips steps, and those with no Transpose to take away', async () => {
    const skipping = new Maker([2, 5, 4]);
    const strided = skipping.op(
      'Conv',
      [transpose(skipping, skipping.op('Neg', [skipping.x]), 0, 2, 1), skipping.constant([6, 4, 1])],
      {
        strides: int([2]),
      },
    );
    const first = skipping.done(skipping.op('Neg', [transpose(skipping, strided, 0, 2, 1)]));
    expect(await difference(first.model, [convToMatmul], first.feeds)).toBe(0);
    expect(opTypes(first.model)).toContain('Conv');
    const m = new Maker([2, 4, 5]);
    const second = m.done(m.op('Relu', [m.op('Conv', [m.x, m.constant([6, 4, 1])])]));
    expect(await difference(second.model, [convToMatmul], second.feeds)).toBe(0);
    expect(opTypes(second.model)).toContain('Conv');
  });

  it('keeps a Conv whose results alone are turned', async () => {
    const m = new Maker([2, 4, 5, 5]);
    const body = m.op('Relu', [m.op('Conv', [m.x, m.constant([6, 4, 3, 3])])]);
    const head = transpose(m, m.op('Conv', [body, m.constant([2, 6, 1, 1])]), 0, 2, 3, 1);
    const { model, feeds } = m.done(head);
    expect(await difference(model, [...layout, convToMatmul], feeds)).toBe(0);
    expect(opTypes(model).filter((name) => name === 'Conv')).toHaveLength(2);
  });
});

describe('widen-conv-1d', () => {
  const conv = (m: Maker, x: string, attributes = {}) =>
    m.op('Conv', [x, m.constant([3, 4, 2]), m.constant([3])], attributes);

  it.each<[string, object]>([
    ['plain', {}],
    ['with strides, dilations and pads', { strides: int([2]), dilations: int([2]), pads: int([1, 2]) }],
    ['without padding by name', { auto_pad: string('VALID') }],
  ])('reads words as the rows of a picture: %s', async (_, attributes) => {
    const { model, feeds } = lookUp(9, (m, found) =>
      m.op('Relu', [conv(m, transpose(m, found, 0, 2, 1), attributes)]),
    );
    expect(await difference(model, [widenConv1d], feeds)).toBeLessThan(1e-6);
    expect(opTypes(model)).toEqual(['Cast', 'Gather', 'Unsqueeze', 'Conv', 'Relu', 'Squeeze', 'Identity']);
  });

  it('serves all convolutions of one look-up', async () => {
    const { model, feeds } = lookUp(9, (m, found) => {
      const turned = transpose(m, found, 0, 2, 1);
      return m.op(
        'Concat',
        [m.op('GlobalMaxPool', [conv(m, turned)]), m.op('GlobalMaxPool', [conv(m, turned)])],
        { axis: int(1) },
      );
    });
    expect(await difference(model, [widenConv1d], feeds)).toBeLessThan(1e-6);
    expect(opTypes(model)).not.toContain('Transpose');
  });

  it.each<[string, (m: Maker, found: string) => string]>([
    [
      'padding found while running',
      (m, found) => conv(m, transpose(m, found, 0, 2, 1), { auto_pad: string('SAME_UPPER') }),
    ],
    [
      'groups',
      (m, found) => m.op('Conv', [transpose(m, found, 0, 2, 1), m.constant([4, 2, 2])], { group: int(2) }),
    ],
    [
      'another reader',
      (m, found) => {
        const turned = transpose(m, found, 0, 2, 1);
        return m.op('Add', [m.op('GlobalMaxPool', [conv(m, turned)]), m.op('ReduceMean', [turned])]);
      },
    ],
  ])('leaves %s alone', async (_, make) => {
    const { model, feeds } = lookUp(9, make);
    expect(await difference(model, [widenConv1d], feeds)).toBe(0);
    expect(opTypes(model)).toContain('Transpose');
  });

  it('leaves a Transpose alone that turns a graph input', async () => {
    const m = new Maker([2, 5, 4]);
    const { model, feeds } = m.done(conv(m, transpose(m, m.x, 0, 2, 1)));
    expect(await difference(model, [widenConv1d], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Transpose', 'Conv', 'Identity']);
  });
});

describe('remove-dead-code', () => {
  it('leaves out the sequence of a recurrent layer of which only the state is read', async () => {
    const m = new Maker([2, 5, 4]);
    const { model, feeds } = m.done(gru(m, m.x, 4));
    expect(await difference(model, [removeDeadCode], feeds)).toBe(0);
    expect(
      model.graph.nodes.find(({ opType }) => opType === 'GRU')?.outputs.map((name) => name === ''),
    ).toEqual([true, false]);
  });

  it('keeps the first output of other operators', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', ['batch', 4]);
    const [, mean = ''] = b.addAll('LayerNormalization', [x, b.constant('s', float32([4], [1, 2, 3, 4]))], 2);
    b.output('y', mean, 'float32', ['batch', 1]);
    const model = b.model({ name: 't', version: '1' });
    const feeds = { x: float32([1, 4], [1, 2, 3, 4]) };
    expect(await difference(model, [removeDeadCode], feeds)).toBe(0);
    expect(model.graph.nodes[0]?.outputs[0]).not.toBe('');
  });
});
