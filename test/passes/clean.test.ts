// Dead code, identities, duplicates and chains of reshapes.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, Model } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import mergeDuplicates from '../../src/passes/merge-duplicates.ts';
import mergeReshapes from '../../src/passes/merge-reshapes.ts';
import removeDeadCode from '../../src/passes/remove-dead-code.ts';
import removeIdentity from '../../src/passes/remove-identity.ts';
import { difference, opTypes, Random } from './graphs.ts';

const feeds = { x: new Random(1).tensor([2, 3, 4]) };

function build(make: (b: GraphBuilder, x: string) => string): Model {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', ['batch', 3, 4]);
  b.output('y', make(b, x), 'float32', [null, null, null]);
  return b.model({ name: 't', version: '1' });
}

describe('remove-dead-code', () => {
  it('removes nodes, and the nodes and initializers only they used', async () => {
    const model = build((b, x) => {
      b.add('Neg', [b.add('Add', [x, b.number('unused', 1)])]);
      return b.add('Relu', [x]);
    });
    expect(await difference(model, [removeDeadCode], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Relu', 'Identity']);
    expect(model.graph.initializers.size).toBe(0);
  });

  it('keeps what a branch captures, and cleans the branch', async () => {
    const model = build((b, x) => {
      const captured = b.add('Neg', [x], { outputs: ['captured'] });
      const branch = (opType: string): Graph => ({
        name: opType,
        inputs: [],
        outputs: [`${opType}/out`],
        nodes: [
          {
            name: `${opType}/dead`,
            opType: 'Exp',
            domain: '',
            inputs: [captured],
            outputs: [`${opType}/dead`],
            attributes: new Map(),
          },
          {
            name: opType,
            opType,
            domain: '',
            inputs: [captured],
            outputs: [`${opType}/out`],
            attributes: new Map(),
          },
        ],
        initializers: new Map(),
        types: new Map([[`${opType}/out`, { kind: 'tensor', dtype: 'float32', shape: undefined }]]),
      });
      const condition = b.constant('c', { dtype: 'bool', dims: [], data: Uint8Array.of(1) });
      return b.add('If', [condition], {
        attributes: {
          then_branch: { type: 'graph', value: branch('Abs') },
          else_branch: { type: 'graph', value: branch('Sqrt') },
        },
      });
    });
    expect(await difference(model, [removeDeadCode, removeIdentity, mergeDuplicates], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Neg', 'If']);
    const branch = model.graph.nodes[1]?.attributes.get('then_branch');
    expect(branch?.type === 'graph' && branch.value.nodes.map((node) => node.opType)).toEqual(['Abs']);
  });
});

describe('remove-identity', () => {
  const cases: [name: string, make: (b: GraphBuilder, x: string) => string][] = [
    ['Identity', (b, x) => b.add('Identity', [x])],
    ['Dropout', (b, x) => b.add('Dropout', [x])],
    ['Cast to the same dtype', (b, x) => b.add('Cast', [x], { attributes: { to: int(1) } })],
    ['Reshape to the same shape', (b, x) => b.add('Reshape', [x, b.ints('s', [-1, 3, 4])])],
    ['Reshape with zeros', (b, x) => b.add('Reshape', [x, b.ints('s', [0, 0, 0])])],
    [
      'Transpose that keeps order',
      (b, x) => b.add('Transpose', [x], { attributes: { perm: int([0, 1, 2]) } }),
    ],
    ['Pad by nothing', (b, x) => b.add('Pad', [x, b.ints('p', [0, 0, 0, 0, 0, 0])])],
    [
      'Slice of everything',
      (b, x) => b.add('Slice', [x, b.ints('a', [0, 0]), b.ints('e', [3, 2 ** 40]), b.ints('ax', [1, -1])]),
    ],
    ['Concat of one', (b, x) => b.add('Concat', [x], { attributes: { axis: int(0) } })],
    ['adding zero', (b, x) => b.add('Add', [b.number('zero', 0), x])],
    ['multiplying by ones', (b, x) => b.add('Mul', [x, b.constant('ones', float32([4], [1, 1, 1, 1]))])],
    ['Expand to nothing more', (b, x) => b.add('Expand', [x, b.ints('s', [1, 4])])],
    ['Tile once', (b, x) => b.add('Tile', [x, b.ints('r', [1, 1, 1])])],
    ['Clip without limits', (b, x) => b.add('Clip', [x])],
  ];
  it.each(cases)('removes %s', async (_, make) => {
    const model = build((b, x) => b.add('Relu', [make(b, b.add('Neg', [x]))]));
    expect(await difference(model, [removeIdentity], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Neg', 'Relu']);
  });

  const nearMisses: typeof cases = [
    [
      'Cast to another dtype',
      (b, x) =>
        b.add('Cast', [b.add('Cast', [x], { attributes: { to: int(11) } })], { attributes: { to: int(1) } }),
    ],
    ['Reshape to another shape', (b, x) => b.add('Reshape', [x, b.ints('s', [-1, 4, 3])])],
    ['Slice of a part', (b, x) => b.add('Slice', [x, b.ints('a', [0]), b.ints('e', [3]), b.ints('ax', [2])])],
    [
      'Slice backwards',
      (b, x) =>
        b.add('Slice', [x, b.ints('a', [-1]), b.ints('e', [-100]), b.ints('ax', [2]), b.ints('st', [-1])]),
    ],
    [
      'adding a zero that widens',
      (b, x) =>
        b.add(
          'ReduceMax',
          [b.add('Add', [x, b.constant('z', float32([5, 1, 1, 1], [0, 0, 0, 0, 0]))]), b.ints('axes', [0])],
          {
            attributes: { keepdims: int(0) },
          },
        ),
    ],
    ['subtracting from zero', (b, x) => b.add('Sub', [b.number('zero', 0), x])],
    ['multiplying by almost one', (b, x) => b.add('Mul', [x, b.constant('m', float32([4], [1, 1, 1, 1.5]))])],
  ];
  it.each(nearMisses)('leaves %s alone', async (_, make) => {
    const model = build((b, x) => b.add('Relu', [make(b, b.add('Neg', [x]))]));
    const before = opTypes(model).filter((opType) => opType !== 'Identity');
    expect(await difference(model, [removeIdentity], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(before);
  });

  it('keeps the names of graph inputs and outputs', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', ['batch', 3, 4]);
    b.output('y', x, 'float32', ['batch', 3, 4]);
    const r = b.add('Relu', [x]);
    b.output('z', r, 'float32', ['batch', 3, 4]);
    b.output('again', r, 'float32', ['batch', 3, 4]);
    const model = b.model({ name: 't', version: '1' });
    expect(await difference(model, [removeIdentity], feeds)).toBe(0);
    expect(model.graph.outputs).toEqual(['y', 'z', 'again']);
    expect(model.graph.inputs).toEqual(['x']);
    // x → y and z → again have to stay; Relu makes z itself.
    expect(opTypes(model)).toEqual(['Identity', 'Relu', 'Identity']);
  });
});

describe('merge-duplicates', () => {
  it('merges equal constants and equal nodes, in one walk', async () => {
    const model = build((b, x) => {
      const left = b.add('Mul', [x, b.constant('a', float32([4], [1, 2, 3, 4]))]);
      const right = b.add('Mul', [x, b.constant('b', float32([4], [1, 2, 3, 4]))]);
      return b.add('Add', [b.add('Relu', [left]), b.add('Relu', [right])]);
    });
    expect(await difference(model, [mergeDuplicates], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Mul', 'Relu', 'Add', 'Identity']);
    expect(model.graph.initializers.size).toBe(1);
  });

  it('tells apart what only looks alike', async () => {
    const model = build((b, x) => {
      const parts = [
        b.add('Mul', [x, b.constant('a', float32([4], [1, 2, 3, 4]))]),
        b.add('Mul', [x, b.constant('b', float32([4], [1, 2, 3, 5]))]),
        b.add('Mul', [x, b.constant('c', float32([1, 4], [1, 2, 3, 4]))]),
        b.add('LeakyRelu', [x], { attributes: { alpha: { type: 'float', value: 0.1 } } }),
        b.add('LeakyRelu', [x], { attributes: { alpha: { type: 'float', value: 0.2 } } }),
        b.add('RandomUniformLike', [x]),
        b.add('RandomUniformLike', [x]),
      ];
      return b.add('Mul', [b.add('Sum', parts), b.number('zero', 0)]);
    });
    const before = opTypes(model);
    expect(await difference(model, [mergeDuplicates], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(before);
  });
});

describe('merge-reshapes', () => {
  it('keeps only the last of a chain', async () => {
    const model = build((b, x) => {
      const flat = b.add('Flatten', [x]);
      const wide = b.add('Unsqueeze', [flat, b.ints('axes', [1])]);
      return b.add('Reshape', [wide, b.ints('s', [-1, 4, 3])]);
    });
    expect(await difference(model, [mergeReshapes], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Reshape', 'Identity']);
  });

  it('leaves one that something else reads', async () => {
    const model = build((b, x) => {
      const flat = b.add('Reshape', [x, b.ints('s', [-1, 12, 1])]);
      const back = b.add('Reshape', [flat, b.ints('t', [-1, 1, 12])]);
      return b.add('MatMul', [flat, back]);
    });
    expect(await difference(model, [mergeReshapes], feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Reshape', 'Reshape', 'MatMul', 'Identity']);
  });
});
