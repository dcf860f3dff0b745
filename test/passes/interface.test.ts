// The rewrites of a model's inputs and outputs, on small graphs: what the graph is afterwards, that it computes what it
// did, and what is refused.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Model } from '../../src/graph/model.ts';
import { permute } from '../../src/graph/rearrange.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';
import { sampleInputs } from '../../src/lifecycle/sample-inputs.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import { cutOutputs } from '../../src/passes/interface/cut.ts';
import { renameInterface } from '../../src/passes/interface/rename.ts';
import { setBatch } from '../../src/passes/interface/set-batch.ts';
import {
  inputsAsChannelsFirst as channelsFirst,
  inputsAsChannelsLast,
} from '../../src/passes/interface/turn-inputs.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';
import type { Feeds } from '../../src/runtimes/session.ts';
import { difference } from '../graph/compare.ts';
import { smallGraph, smallModel } from '../ops/small-model.ts';

/** image → conv (two nodes and a way back) → head ← side; `other` belongs to a second output. */
function network(): Model {
  const b = new GraphBuilder('net');
  const image = b.input('image', 'float32', ['n', 4, 6, 3]);
  const side = b.input('side', 'float32', ['n', 2]);
  const other = b.input('other', 'float32', ['n', 5]);
  const kernel = b.constant('conv/kernel', float32([2, 3, 1, 1], [1, 2, 3, -1, 0.5, 2]));
  const first = b.add('Transpose', [image], {
    name: 'conv/to_channels_first',
    attributes: { perm: int([0, 3, 1, 2]) },
  });
  const conv = b.add('Conv', [first, kernel], { name: 'conv/run' });
  const last = b.add('Transpose', [conv], {
    name: 'conv/to_channels_last',
    attributes: { perm: int([0, 2, 3, 1]) },
  });
  const pooled = b.add('ReduceMean', [last, b.ints('axes', [1, 2])], {
    name: 'pool',
    attributes: { keepdims: int(0) },
  });
  b.output('y', b.add('Add', [pooled, side], { name: 'head' }), 'float32', ['n', 2]);
  b.output('z', b.add('Relu', [other], { name: 'second' }), 'float32', ['n', 5]);
  const model = b.model({ name: 'test', version: '0' });
  inferTypes(model);
  return model;
}

const shapeOf = (model: Model, name: string) => {
  const type = model.graph.types.get(name);
  return type?.kind === 'tensor' ? type.shape : undefined;
};

async function run(model: Model, feeds?: Feeds): Promise<Readonly<Record<string, Tensor>>> {
  validate(model);
  const session = await openGraph(model);
  try {
    return await session.run(feeds ?? sampleInputs(session.inputs, { batch: 2 }));
  } finally {
    await session.release();
  }
}

const feeds = { ...sampleInputs(inputsOf(network()), { batch: 2 }) };

function inputsOf(model: Model) {
  return model.graph.inputs.map((name) => ({
    name,
    dtype: 'float32' as const,
    shape: shapeOf(model, name) ?? [],
  }));
}

const same = (actual: Tensor | undefined, expected: Tensor | undefined) =>
  expected === undefined ? 'missing' : difference(actual, expected, { rtol: 1e-6, atol: 1e-6 });

describe('cutting', () => {
  it('makes what a layer gives the output, and drops inputs and weights it does not need', async () => {
    const model = network();
    cutOutputs(model, ['conv']);
    expect(model.graph.inputs).toEqual(['image']);
    expect(model.graph.outputs).toEqual(['conv']);
    expect(model.graph.nodes.map(({ name }) => name)).toEqual([
      'conv/to_channels_first',
      'conv/run',
      'conv/to_channels_last',
    ]);
    expect([...model.graph.initializers.keys()]).toEqual(['conv/kernel']);
    expect((await run(model, { image: feeds.image as Tensor })).conv?.dims).toEqual([2, 4, 6, 2]);
  });

  it('takes values and nodes by name, in the order given', async () => {
    const before = await run(network(), feeds);
    const model = network();
    cutOutputs(model, ['z', 'pool', 'y']);
    expect(model.graph.outputs).toEqual(['z', 'pool', 'y']);
    const after = await run(model, feeds);
    expect([same(after.z, before.z), same(after.y, before.y)]).toEqual([undefined, undefined]);
  });

  it.each([
    [['pol'], /no value, node or layer "pol"/, 'did you mean pool?'],
    [['pool', 'pool'], /names "pool" twice/, undefined],
    [['image'], /"image" is an input/, undefined],
    [['conv/kernel'], /"conv\/kernel" is a constant/, 'name what an operator or layer gives'],
  ])('refuses %j', (names, words, hint) => {
    expect(() => cutOutputs(network(), names)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(words), hint }),
    );
  });

  it('asks which of several values of a layer is meant', () => {
    const b = new GraphBuilder('two');
    const x = b.input('x', 'float32', ['n', 4]);
    const [left = '', right = ''] = b.addAll('Split', [x], 2, {
      name: 'parts',
      attributes: { axis: int(1), num_outputs: int(2) },
    });
    b.output('y', b.add('Sub', [left, right], { name: 'sub' }), 'float32', ['n', 2]);
    const model = b.model({ name: 'test', version: '0' });
    model.graph.nodes = model.graph.nodes.map((node) =>
      node.name === 'parts'
        ? { ...node, outputs: ['a', 'b'] }
        : { ...node, inputs: node.inputs.map((name) => (name === left ? 'a' : name === right ? 'b' : name)) },
    );
    inferTypes(model);
    expect(() => cutOutputs(model, ['parts'])).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/"parts" gives 2 values/),
        hint: 'name one of them: a, b',
      }),
    );
  });
});

describe('the batch', () => {
  it('gets a length everywhere', async () => {
    const model = network();
    setBatch(model, 1);
    for (const name of [...model.graph.inputs, ...model.graph.outputs])
      expect(shapeOf(model, name)?.[0]).toBe(1);
    expect(shapeOf(model, 'pool')).toEqual([1, 2]);
    expect((await run(model)).y?.dims).toEqual([1, 2]);
  });

  it('gets another symbol', () => {
    const model = network();
    setBatch(model, 'N');
    expect([shapeOf(model, 'image')?.[0], shapeOf(model, 'y')?.[0]]).toEqual(['N', 'N']);
  });

  it('leaves other open axes and inputs without a batch alone', () => {
    const model = smallModel(21, {
      inputs: { x: [null, 'steps', 3], weight: [3], scale: [] },
      nodes: [
        ['Mul', ['x', 'weight'], ['m']],
        ['Mul', ['m', 'scale'], ['y']],
      ],
    });
    inferTypes(model);
    setBatch(model, 7);
    expect([shapeOf(model, 'x'), shapeOf(model, 'weight'), shapeOf(model, 'y')]).toEqual([
      [7, 'steps', 3],
      [3],
      [7, 'steps', 3],
    ]);
  });

  it('cannot contradict the model', () => {
    const model = smallModel(21, { inputs: { x: [8, 3] }, nodes: [['Relu', ['x'], ['y']]] });
    expect(() => setBatch(model, 1)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('x [8, 3]') }),
    );
    expect(() => setBatch(model, 8)).not.toThrow();
  });
});

describe('channels first', () => {
  it.each([[['image']], [['all']]])('%j', async (names) => {
    const before = await run(network(), feeds);
    const model = network();
    channelsFirst(model, names);
    inferTypes(model);
    expect(shapeOf(model, 'image')).toEqual(['n', 3, 4, 6]);
    expect(model.graph.inputs).toEqual(['image', 'side', 'other']);
    const turned = { ...feeds, image: permute(feeds.image as Tensor, [0, 3, 1, 2]) };
    expect(same((await run(model, turned)).y, before.y)).toBeUndefined();
  });

  it('reaches into branches', async () => {
    const branch = (opType: string) =>
      ({
        type: 'graph',
        value: smallGraph({
          nodes: [[opType, ['x'], [opType]]],
          outputs: [[opType, 'float32', [1, 2, 3, 4]]],
        }),
      }) as const;
    const model = smallModel(21, {
      inputs: { c: ['bool', []], x: [1, 2, 3, 4] },
      nodes: [['If', ['c'], ['y'], { then_branch: branch('Neg'), else_branch: branch('Relu') }]],
      outputs: [['y', 'float32', [1, 2, 3, 4]]],
    });
    channelsFirst(model, ['x']);
    expect((await run(model)).y?.dims).toEqual([1, 2, 3, 4]);
  });

  it.each([
    [['imag'], /no input "imag"/],
    [['side'], /side has the shape \[n, 2\]/],
  ])('refuses %j', (names, words) => {
    expect(() => channelsFirst(network(), names)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(words) }),
    );
  });

  it('says when there is no image', () => {
    const model = smallModel(21, { inputs: { x: ['n', 3] }, nodes: [['Relu', ['x'], ['y']]] });
    expect(() => channelsFirst(model, ['all'])).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('renaming', () => {
  it('changes names wherever they stand, all at once', async () => {
    const before = await run(network(), feeds);
    const model = network();
    renameInterface(
      model,
      new Map([
        ['image', 'side'],
        ['side', 'image'],
        ['y', 'scores'],
      ]),
    );
    expect(model.graph.inputs).toEqual(['side', 'image', 'other']);
    expect(model.graph.outputs).toEqual(['scores', 'z']);
    const swapped = {
      side: feeds.image as Tensor,
      image: feeds.side as Tensor,
      other: feeds.other as Tensor,
    };
    expect(same((await run(model, swapped)).scores, before.y)).toBeUndefined();
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ pool: 'a' }, /"pool" is neither an input nor an output/],
    [{ y: 'pool' }, /another value of the model is called "pool"/],
    [{ y: 'a', z: 'a' }, /the name "a" twice/],
  ])('refuses %j', (names, words) => {
    expect(() => renameInterface(network(), new Map(Object.entries(names)))).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(words) }),
    );
  });
});

it('taking inputs channels-last and channels-first again gives the shape the model had', () => {
  const builder = new GraphBuilder('turned');
  const x = builder.input('x', 'float32', ['N', 3, 4, 5]);
  builder.output('y', builder.add('Relu', [x]), 'float32', ['N', 3, 4, 5]);
  const model = builder.model({ name: 'test', version: '' });
  inputsAsChannelsLast(model, ['all']);
  expect(model.graph.types.get('x')).toMatchObject({ shape: ['N', 4, 5, 3] });
  expect(model.graph.nodes[0]?.attributes.get('perm')).toEqual({ type: 'ints', value: [0, 3, 1, 2] });
  channelsFirst(model, ['x']);
  expect(model.graph.types.get('x')).toMatchObject({ shape: ['N', 3, 4, 5] });
});
