// The layout pass: on operators one by one, on near misses, and on random networks the way Keras models are read.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, Model, Node } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import mergeTransposes from '../../src/passes/merge-transposes.ts';
import { pipelines } from '../../src/passes/pipelines.ts';
import pushTransposes from '../../src/passes/push-transposes.ts';
import removeDeadCode from '../../src/passes/remove-dead-code.ts';
import { count, difference, insideTransposes, Layers, opTypes, Random } from './graphs.ts';

const layout = [{ passes: [mergeTransposes, pushTransposes], atMost: 4 }, removeDeadCode];
const image = { x: new Random(5).tensor([2, 6, 8, 4]) };

/** Conv → `make` → Conv, with what `make` adds working on channels-last values. */
function between(make: (l: Layers, value: string) => string, channels = 6): Model {
  const l = new Layers(11);
  const y = make(l, l.conv(l.input(6, 8, 4), 6));
  const z = l.conv(l.set(y, channels), 3);
  l.b.output('y', l.toFirst(z), 'float32', [null, null, null, null]);
  return l.model();
}

describe('push-transposes', () => {
  const cases: [name: string, make: (l: Layers, value: string) => string, channels?: number][] = [
    ['Relu', (l, v) => l.unary(v, 'Relu')],
    ['Clip', (l, v) => l.b.add('Clip', [v, l.b.number('low', 0), l.b.number('high', 6)])],
    ['a constant of rank 1', (l, v) => l.b.add('Mul', [l.b.constant('c', l.random.tensor([6])), v])],
    [
      'a constant of full rank',
      (l, v) => l.b.add('Add', [v, l.b.constant('c', l.random.tensor([1, 6, 1, 6]))]),
    ],
    ['PRelu', (l, v) => l.b.add('PRelu', [v, l.b.constant('slope', l.random.tensor([1, 1, 6]))])],
    [
      'Where',
      (l, v) =>
        l.b.add('Where', [
          l.b.add('Greater', [v, l.b.number('zero', 0)]),
          v,
          l.b.constant('c', l.random.tensor([6])),
        ]),
    ],
    ['an addition to itself', (l, v) => l.b.add('Add', [v, l.unary(v, 'Tanh')])],
    ['Concat along channels', (l, v) => l.concat([v, l.unary(v, 'Relu')]), 12],
    [
      'Concat along rows',
      (l, v) => l.b.add('Concat', [v, l.unary(v, 'Relu')], { attributes: { axis: int(1) } }),
    ],
    [
      'Split',
      (l, v) => {
        const [left = '', right = ''] = l.b.addAll('Split', [v], 2, {
          attributes: { axis: int(-1), num_outputs: int(2) },
        });
        return l.b.add('Mul', [left, l.b.add('Sigmoid', [right])]);
      },
      3,
    ],
    ['Pad', (l, v) => l.b.add('Pad', [v, l.b.ints('p', [0, 1, 2, 0, 0, 0, 1, 0])])],
    [
      'Pad of named axes',
      (l, v) => l.b.add('Pad', [v, l.b.ints('p', [1, 2, 0, 1]), '', l.b.ints('a', [1, -2])]),
    ],
    [
      'Slice',
      (l, v) => l.b.add('Slice', [v, l.b.ints('s', [1, 1]), l.b.ints('e', [-1, 5]), l.b.ints('a', [1, -2])]),
    ],
    ['Slice without axes', (l, v) => l.b.add('Slice', [v, l.b.ints('s', [0, 1]), l.b.ints('e', [9, 5])])],
    [
      'Resize',
      (l, v) =>
        l.b.add('Resize', [v, '', l.b.constant('scales', float32([4], [1, 2, 3, 1]))], {
          attributes: {
            mode: { type: 'string', value: 'nearest' },
            coordinate_transformation_mode: { type: 'string', value: 'asymmetric' },
          },
        }),
    ],
    ['Tile', (l, v) => l.b.add('Tile', [v, l.b.ints('r', [1, 2, 1, 1])])],
    ['Softmax over channels', (l, v) => l.b.add('Softmax', [v], { attributes: { axis: int(-1) } })],
    [
      'ReduceMean that keeps axes',
      (l, v) => l.b.add('Sub', [v, l.b.add('ReduceMean', [v, l.b.ints('a', [1, 2])])]),
    ],
    [
      'ReduceMax over channels',
      (l, v) => l.b.add('ReduceMax', [v, l.b.ints('a', [-1])], { attributes: { keepdims: int(1) } }),
      1,
    ],
    [
      'ArgMax',
      (l, v) =>
        l.b.add('Cast', [l.b.add('ArgMax', [v], { attributes: { axis: int(-1) } })], {
          attributes: { to: int(1) },
        }),
      1,
    ],
    [
      'Squeeze and Unsqueeze',
      (l, v) => {
        const row = l.b.add('Slice', [v, l.b.ints('s', [0]), l.b.ints('e', [1]), l.b.ints('a', [1])]);
        const flat = l.b.add('Squeeze', [row, l.b.ints('a', [1])]);
        return l.b.add('Unsqueeze', [l.b.add('Relu', [flat]), l.b.ints('b', [1])]);
      },
    ],
    [
      'a Reshape that merges rows and columns',
      (l, v) => {
        const merged = l.b.add('Reshape', [v, l.b.ints('s', [-1, 48, 6])]);
        return l.b.add('Reshape', [
          l.b.add('Softmax', [merged], { attributes: { axis: int(1) } }),
          l.b.ints('t', [-1, 6, 8, 6]),
        ]);
      },
    ],
    ['squeeze and excite by Dense', (l, v) => l.squeezeExcite(v, false)],
    ['squeeze and excite by Conv', (l, v) => l.squeezeExcite(v, true)],
    [
      'quantization per tensor',
      (l, v) => {
        const scale = l.b.number('scale', 0.05);
        const zero = l.b.constant('zero', { dtype: 'uint8', dims: [], data: Uint8Array.of(128) });
        return l.b.add('DequantizeLinear', [l.b.add('QuantizeLinear', [v, scale, zero]), scale, zero]);
      },
    ],
    [
      'quantization per channel',
      (l, v) => {
        const scale = l.b.constant('scale', float32([6], [0.05, 0.06, 0.07, 0.08, 0.09, 0.1]));
        const zero = l.b.constant('zero', { dtype: 'uint8', dims: [6], data: new Uint8Array(6).fill(120) });
        const attributes = { axis: int(-1) };
        return l.b.add(
          'DequantizeLinear',
          [l.b.add('QuantizeLinear', [v, scale, zero], { attributes }), scale, zero],
          { attributes },
        );
      },
    ],
    [
      'a Dense layer on feature maps',
      (l, v) => {
        const dense = l.b.add('MatMul', [v, l.b.constant('w', l.random.tensor([6, 5]))]);
        return l.unary(l.b.add('Add', [dense, l.b.constant('b', l.random.tensor([5]))]), 'Relu');
      },
      5,
    ],
    [
      'Gather of channels',
      (l, v) => l.b.add('Gather', [v, l.b.ints('i', [5, 0, 2])], { attributes: { axis: int(3) } }),
      3,
    ],
  ];
  it.each(cases)('passes %s', async (_, make, channels) => {
    const model = between(make, channels);
    expect(await difference(model, layout, image)).toBeLessThan(1e-5);
    expect(insideTransposes(model)).toBe(0);
    expect(count(model, 'Transpose')).toBe(1);
  });

  it('rearranges the weights behind a Flatten, whatever lies between', async () => {
    const l = new Layers(3);
    const v = l.conv(l.input(6, 8, 4), 5);
    const flat = l.b.add('Flatten', [v]);
    const scaled = l.b.add('Add', [
      l.b.add('Mul', [l.b.add('Relu', [flat]), l.b.constant('m', l.random.tensor([240]))]),
      l.b.number('n', 0.5),
    ]);
    const statistics = [1, 2, 3, 4].map((seed) =>
      l.b.constant(
        's',
        float32([240], Array.from(new Random(seed).tensor([240]).data as Float32Array, Math.abs)),
      ),
    );
    const normal = l.b.add('BatchNormalization', [scaled, ...statistics]);
    l.b.output(
      'y',
      l.b.add('Gemm', [normal, l.b.constant('w', l.random.tensor([7, 240]))], {
        attributes: { transB: int(1) },
      }),
      'float32',
      ['batch', 7],
    );
    const model = l.model();
    expect(await difference(model, layout, image)).toBeLessThan(1e-5);
    expect(insideTransposes(model)).toBe(0);
    expect(count(model, 'Transpose')).toBe(1);
  });

  it('rearranges the weights before a Reshape to an image', async () => {
    const b = new GraphBuilder('generator');
    const random = new Random(4);
    const x = b.input('x', 'float32', ['batch', 5]);
    const dense = b.add('Gemm', [
      x,
      b.constant('w', random.tensor([5, 24])),
      b.constant('b', random.tensor([24])),
    ]);
    const grid = b.add('Reshape', [b.add('LeakyRelu', [dense]), b.ints('s', [-1, 2, 3, 4])]);
    const first = b.add('Transpose', [grid], { attributes: { perm: int([0, 3, 1, 2]) } });
    b.output('y', b.add('ConvTranspose', [first, b.constant('k', random.tensor([4, 2, 2, 2]))]), 'float32', [
      null,
      null,
      null,
      null,
    ]);
    const model = b.model({ name: 't', version: '1' });
    expect(await difference(model, layout, { x: random.tensor([3, 5]) })).toBeLessThan(1e-5);
    expect(count(model, 'Transpose')).toBe(0);
  });

  it('rearranges flattened branches side by side', async () => {
    const l = new Layers(8);
    const x = l.input(6, 8, 4);
    const left = l.b.add('Flatten', [l.unary(l.conv(x, 3), 'Relu')]);
    const right = l.b.add('Flatten', [l.conv(x, 2)]);
    const other = l.b.input('other', 'float32', ['batch', 3]);
    const joined = l.b.add('Concat', [left, other, right], { attributes: { axis: int(1) } });
    l.b.output(
      'y',
      l.b.add('MatMul', [joined, l.b.constant('w', l.random.tensor([48 * 5 + 3, 4]))]),
      'float32',
      ['batch', 4],
    );
    const model = l.model();
    expect(await difference(model, layout, { ...image, other: new Random(2).tensor([2, 3]) })).toBeLessThan(
      1e-5,
    );
    expect(insideTransposes(model)).toBe(0);
  });

  it('moves a single Transpose to the border of the graph', async () => {
    const l = new Layers(6);
    const scaled = l.b.add('Sub', [
      l.b.add('Mul', [l.input(6, 8, 4), l.b.number('s', 2)]),
      l.b.number('one', 1),
    ]);
    const y = l.unary(l.conv(l.set(scaled, 4), 4), 'Sigmoid');
    l.b.output('y', y, 'float32', [null, null, null, null]);
    const model = l.model();
    expect(await difference(model, pipelines.optimize, image)).toBeLessThan(1e-5);
    expect(insideTransposes(model)).toBe(0);
    expect(count(model, 'Transpose')).toBe(2);
  });

  it('works in one and three spatial dimensions', async () => {
    for (const rank of [3, 5]) {
      const first = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
      const last = [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
      const b = new GraphBuilder('g');
      const random = new Random(rank);
      const spatial = new Array<number>(rank - 2).fill(4);
      let v = b.input('x', 'float32', ['batch', ...spatial, 3]);
      for (let layer = 0; layer < 3; layer++) {
        const conv = b.add('Conv', [
          b.add('Transpose', [v], { attributes: { perm: int(first) } }),
          b.constant('w', random.tensor([3, 3, ...spatial.map(() => 1)])),
        ]);
        v = b.add('Relu', [b.add('Transpose', [conv], { attributes: { perm: int(last) } })]);
      }
      const flat = b.add('Flatten', [v]);
      const size = 3 * 4 ** (rank - 2);
      b.output('y', b.add('MatMul', [flat, b.constant('w', random.tensor([size, 2]))]), 'float32', [
        'batch',
        2,
      ]);
      const model = b.model({ name: 't', version: '1' });
      expect(await difference(model, layout, { x: random.tensor([2, ...spatial, 3]) })).toBeLessThan(1e-5);
      expect(insideTransposes(model)).toBe(0);
      expect(count(model, 'Transpose')).toBe(1);
    }
  });

  const nearMisses: [name: string, make: (l: Layers, value: string) => string, channels?: number][] = [
    // Only weights of its own can become a kernel.
    [
      'Dense layers on feature maps that share weights',
      (l, v) => {
        const w = l.b.constant('w', l.random.tensor([6, 6]));
        return l.b.add('MatMul', [l.b.add('MatMul', [v, w]), w]);
      },
    ],
    ['a Reshape that cuts across axes', (l, v) => l.b.add('Reshape', [v, l.b.ints('s', [-1, 8, 9, 4])]), 4],
    ['a vector that is not constant', (l, v) => l.b.add('Add', [v, l.b.input('vector', 'float32', [6])])],
    [
      'a Flatten whose weights are shared',
      (l, v) => {
        const w = l.b.constant('w', l.random.tensor([288, 288]));
        const once = l.b.add('MatMul', [l.b.add('Flatten', [v]), w]);
        return l.b.add('Reshape', [l.b.add('MatMul', [once, w]), l.b.ints('s', [-1, 6, 8, 6])]);
      },
    ],
  ];
  it.each(nearMisses)('leaves %s right, if not free', async (_, make, channels) => {
    const model = between(make, channels);
    const before = count(model, 'Transpose');
    const feeds = model.graph.inputs.includes('vector')
      ? { ...image, vector: new Random(1).tensor([6]) }
      : image;
    expect(await difference(model, layout, feeds)).toBeLessThan(1e-5);
    expect(count(model, 'Transpose')).toBeLessThanOrEqual(before);
    expect(insideTransposes(model)).toBeGreaterThan(0);
  });

  it('takes no part of a graph to a higher cost', async () => {
    // One Transpose, two readers that both want its result: nothing can be gained.
    const l = new Layers(1);
    const v = l.conv(l.input(6, 8, 4), 4);
    const w = l.b.constant('w', l.random.tensor([4, 4]));
    l.b.output('y', l.b.add('MatMul', [l.unary(v, 'Relu'), w]), 'float32', [null, null, null, null]);
    l.b.output('z', l.b.add('MatMul', [l.unary(v, 'Abs'), w]), 'float32', [null, null, null, null]);
    const model = l.model();
    expect(await difference(model, layout, image)).toBe(0);
    expect(opTypes(model)).toEqual([
      'Transpose',
      'Conv',
      'Transpose',
      'Relu',
      'MatMul',
      'Identity',
      'Abs',
      'MatMul',
      'Identity',
    ]);
  });

  it('keeps a graph output that lies between Transposes', async () => {
    const l = new Layers(2);
    const v = l.conv(l.input(6, 8, 4), 4);
    l.b.output('features', v, 'float32', [null, null, null, null]);
    l.b.output('y', l.toFirst(l.conv(l.unary(v, 'Relu'), 4)), 'float32', [null, null, null, null]);
    const model = l.model();
    expect(await difference(model, pipelines.optimize, image)).toBeLessThan(1e-5);
    expect(model.graph.outputs).toEqual(['features', 'y']);
    expect(insideTransposes(model)).toBe(0);
  });
});

describe('sub-graphs', () => {
  /** If over two branches that capture `value`; `make` adds nodes to a branch and names its result. */
  const branches = (
    l: Layers,
    value: string,
    make: (nodes: Node[], value: string, name: string) => string,
  ) => {
    const graph = (name: string): Graph => {
      const nodes: Node[] = [];
      const output = make(nodes, value, name);
      return { name, inputs: [], outputs: [output], nodes, initializers: new Map(), types: new Map() };
    };
    const condition = l.b.constant('c', { dtype: 'bool', dims: [], data: Uint8Array.of(1) });
    return l.b.add('If', [condition], {
      attributes: {
        then_branch: { type: 'graph', value: graph('then') },
        else_branch: { type: 'graph', value: graph('else') },
      },
    });
  };
  const node = (
    name: string,
    opType: string,
    inputs: string[],
    attributes: Node['attributes'] = new Map(),
  ): Node => ({
    name,
    opType,
    domain: '',
    inputs,
    outputs: [name],
    attributes,
  });

  it('keeps a value for the branch that captures it', async () => {
    const l = new Layers(4);
    const v = l.unary(l.conv(l.input(6, 8, 4), 4), 'Relu');
    const y = l.conv(v, 4);
    const seen = branches(l, v, (nodes, value, name) => {
      nodes.push(node(`${name}/abs`, 'Abs', [value]));
      return `${name}/abs`;
    });
    l.b.output('y', l.b.add('Add', [y, seen]), 'float32', [null, null, null, null]);
    const model = l.model();
    expect(await difference(model, pipelines.optimize, image)).toBeLessThan(1e-5);
  });

  it('moves Transposes inside a branch', async () => {
    const l = new Layers(4);
    const x = l.input(6, 8, 4);
    const w = l.b.constant('w', l.random.tensor([4, 4, 1, 1]));
    const last = () => new Map([['perm', int([0, 2, 3, 1])]]);
    const first = () => new Map([['perm', int([0, 3, 1, 2])]]);
    const y = branches(l, l.b.add('Neg', [x]), (nodes, value, name) => {
      nodes.push(node(`${name}/a`, 'Transpose', [value], first()));
      nodes.push(node(`${name}/b`, 'Conv', [`${name}/a`, w]));
      nodes.push(node(`${name}/c`, 'Transpose', [`${name}/b`], last()));
      nodes.push(node(`${name}/d`, 'Relu', [`${name}/c`]));
      nodes.push(node(`${name}/e`, 'Transpose', [`${name}/d`], first()));
      nodes.push(node(`${name}/f`, 'Conv', [`${name}/e`, w]));
      return `${name}/f`;
    });
    l.b.output('y', y, 'float32', [null, null, null, null]);
    const model = l.model();
    expect(await difference(model, pipelines.optimize, image)).toBeLessThan(1e-5);
    const choice = model.graph.nodes.find(({ opType }) => opType === 'If')?.attributes.get('then_branch');
    expect(choice?.type === 'graph' && choice.value.nodes.map(({ opType }) => opType)).toEqual([
      'Transpose',
      'Conv',
      'Relu',
      'Conv',
    ]);
  });
});

/** A random channels-last network with residuals, branches, gates and normalization. */
function randomNetwork(seed: number): Model {
  const l = new Layers(seed);
  const random = new Random(seed + 1000);
  const channels = 2 + random.below(3) * 2;
  let v = l.conv(l.input(6, 8, 4), channels);
  const depth = 3 + random.below(6);
  for (let layer = 0; layer < depth; layer++) {
    const n = l.channels(v);
    const step = random.below(11);
    if (step === 0) v = l.conv(v, 2 + random.below(6));
    else if (step === 1) v = l.unary(l.batchNorm(l.conv(v, n)), 'Relu');
    else if (step === 2) v = l.binary('Add', [v, l.unary(l.conv(v, n), 'Tanh')]);
    else if (step === 3) v = l.concat([l.conv(v, 3, 1), l.pool(v, 'MaxPool'), v]);
    else if (step === 4) v = l.squeezeExcite(v, random.below(2) === 0);
    else if (step === 5) v = l.pool(v, 'AveragePool');
    else if (step === 6) v = l.batchNorm(v);
    else if (step === 7) v = l.set(l.b.add('PRelu', [v, l.b.constant('slope', random.tensor([1, 1, n]))]), n);
    else if (step === 8) v = l.conv(v, n, 3, 1, n);
    else if (step === 9) v = l.set(l.b.add('Mul', [v, l.b.constant('scale', random.tensor([n]))]), n);
    else v = l.binary('Mul', [v, l.unary(l.conv(l.unary(v, 'Relu'), n, 1), 'Sigmoid')]);
  }
  const ending = random.below(3);
  if (ending === 0) l.flattenDense(v, 6, 8, 3);
  else if (ending === 1) {
    const pooled = l.b.add('ReduceMean', [v, l.b.ints('axes', [1, 2])], { attributes: { keepdims: int(0) } });
    l.b.output(
      'y',
      l.b.add('MatMul', [pooled, l.b.constant('w', random.tensor([l.channels(v), 3]))]),
      'float32',
      ['batch', 3],
    );
  } else l.b.output('y', l.b.add('Softmax', [l.conv(v, 3, 1)]), 'float32', [null, null, null, null]);
  return l.model();
}

describe('random channels-last networks', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'network %i computes the same without Transposes inside',
    async (seed) => {
      const model = randomNetwork(seed);
      const before = model.graph.nodes.length;
      expect(await difference(model, pipelines.optimize, image)).toBeLessThan(1e-4);
      expect(insideTransposes(model)).toBe(0);
      expect(count(model, 'Transpose')).toBeLessThanOrEqual(2);
      expect(model.graph.nodes.length).toBeLessThan(before);
    },
  );
});
