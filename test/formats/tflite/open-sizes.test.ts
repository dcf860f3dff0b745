// Networks over images of any size, written as TFLite: LiteRT gives what onnxruntime gives at every size.

import { describe, expect, test } from 'vitest';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { int, string } from '../../../src/graph/attribute.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Attribute, Model, Shape } from '../../../src/graph/model.ts';
import { elementCount, float32, int64, type Tensor } from '../../../src/graph/tensor.ts';
import litert from '../../../src/runtimes/litert.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { distance, operators, write } from './write-run.ts';

let state = 7;
function random(): number {
  state = (state * 1103515245 + 12345) % 2 ** 31;
  return state / 2 ** 30 - 1;
}

function numbers(...dims: number[]): Tensor {
  return float32(dims, Array.from({ length: elementCount(dims) }, random));
}

/** The same graph in both runtimes at these sizes; returns the operators of the file. */
async function check(model: Model, sizes: readonly (readonly number[])[]): Promise<string[]> {
  const [name = ''] = model.graph.inputs;
  const reference = await openGraph(model, { optimize: false });
  const file = await write(model);
  const session = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(file) });
  for (const dims of sizes) {
    const feeds = { [name]: numbers(...dims) };
    const wanted = await reference.run(feeds);
    const got = await session.run(feeds);
    for (const [output, tensor] of Object.entries(wanted)) {
      expect(got[output]?.dims).toEqual(tensor.dims);
      expect(distance(tensor, got[output])).toBeLessThan(1e-5);
    }
  }
  await reference.release();
  await session.release();
  return operators(file);
}

const images = [
  [1, 3, 8, 8],
  [3, 3, 5, 9],
  [7, 3, 12, 4],
  [1, 3, 33, 17],
];
const open: Shape = ['batch', 3, 'height', 'width'];

function one(opType: string, inputs: readonly Tensor[], attributes: Record<string, Attribute>, shape = open) {
  const b = new GraphBuilder('one');
  const x = b.input('x', 'float32', shape);
  const constants = inputs.map((tensor, index) =>
    tensor.dims[0] === 0 ? '' : b.constant(`c${index}`, tensor),
  );
  b.graph.outputs.push(b.add(opType, [x, ...constants], { attributes }));
  return b.model({ name: 'test', version: '1' });
}

type Transposed = { readonly kernel: number; readonly stride: number; readonly pads?: readonly number[] } & {
  readonly more?: Record<string, Attribute>;
};

describe('a transposed convolution of an image of any size', () => {
  test.each<[string, Transposed]>([
    ['as Keras pads for the same size', { kernel: 3, stride: 2, more: { auto_pad: string('SAME_UPPER') } }],
    ['padded the other way round', { kernel: 3, stride: 2, more: { auto_pad: string('SAME_LOWER') } }],
    ['without padding', { kernel: 3, stride: 2 }],
    ['whose windows touch', { kernel: 2, stride: 2 }],
    ['with gaps between its windows', { kernel: 2, stride: 3 }],
    ['as PyTorch doubles', { kernel: 4, stride: 2, pads: [1, 1, 1, 1] }],
    [
      'with output padding',
      { kernel: 3, stride: 2, pads: [1, 1, 1, 1], more: { output_padding: int([1, 1]) } },
    ],
    ['padded by more than its kernel asks for', { kernel: 5, stride: 2, pads: [3, 2, 1, 4] }],
    ['of stride 1', { kernel: 3, stride: 1, pads: [1, 0, 1, 2] }],
    ['of a large kernel', { kernel: 7, stride: 3, pads: [0, 1, 2, 0] }],
    ['dilated', { kernel: 3, stride: 2, pads: [1, 2, 1, 2], more: { dilations: int([2, 2]) } }],
  ])('%s', async (_, { kernel, stride, pads, more = {} }) => {
    const attributes = {
      strides: int([stride, stride]),
      ...(pads ? { pads: int(pads) } : {}),
      ...more,
    };
    await check(one('ConvTranspose', [numbers(3, 4, kernel, kernel), numbers(4)], attributes), images);
  });

  test('in groups', () =>
    check(one('ConvTranspose', [numbers(3, 2, 3, 3)], { group: int(3), strides: int([2, 2]) }), images));

  test('one axis of which is known', () =>
    check(one('ConvTranspose', [numbers(3, 2, 3, 2)], { strides: int([2, 1]) }, ['batch', 3, 6, 'width']), [
      [1, 3, 6, 4],
      [2, 3, 6, 11],
    ]));

  test('over one axis', () =>
    check(one('ConvTranspose', [numbers(3, 2, 4)], { strides: int([3]) }, ['batch', 3, 'steps']), [
      [1, 3, 5],
      [2, 3, 31],
    ]));

  test('over three axes', () =>
    check(
      one('ConvTranspose', [numbers(2, 2, 3, 2, 3)], { strides: int([2, 1, 2]) }, ['n', 2, 'd', 'h', 'w']),
      [
        [1, 2, 3, 4, 5],
        [2, 2, 4, 3, 3],
      ],
    ));
});

const none = float32([0], []);
const by = (...scales: number[]): Tensor[] => [none, float32([4], [1, 1, ...scales])];

describe('resizing an image of any size', () => {
  test.each<[string, string, Record<string, Attribute>, Tensor[]]>([
    ['twice, linear', 'RESIZE_BILINEAR', { mode: string('linear') }, by(2, 2)],
    [
      'three times, linear, as PyTorch does',
      'RESIZE_BILINEAR',
      { mode: string('linear'), coordinate_transformation_mode: string('pytorch_half_pixel') },
      by(3, 2),
    ],
    [
      'corners on corners',
      'RESIZE_BILINEAR',
      { mode: string('linear'), coordinate_transformation_mode: string('align_corners') },
      by(2, 2),
    ],
    ['one axis, nearest', 'RESIZE_NEAREST_NEIGHBOR', {}, by(1, 5)],
    [
      'nearest, from the corner',
      'RESIZE_NEAREST_NEIGHBOR',
      { coordinate_transformation_mode: string('asymmetric'), nearest_mode: string('floor') },
      by(7, 3),
    ],
  ])('%s', async (_, opcode, attributes, constants) => {
    expect(await check(one('Resize', constants, attributes), images)).toContain(opcode);
  });

  test('by steps of one axis', () =>
    check(one('Resize', [none, float32([3], [1, 1, 4])], {}, ['batch', 3, 'steps']), [
      [1, 3, 5],
      [2, 3, 31],
    ]));

  test('to one size', () =>
    check(
      one('Resize', [none, none, int64([6, 10])], { mode: string('linear'), axes: int([2, 3]) }),
      images,
    ));

  test.each([1.5, 0.5])('by %d is refused: TFLite steps by what the sizes come to', async (scale) => {
    await expect(write(one('Resize', by(scale, 2), {}))).rejects.toMatchObject({
      code: 'OP_UNSUPPORTED',
      details: [expect.stringContaining(`by ${scale}`)],
    });
  });
});

describe('a network that looks up the size of another layer', () => {
  const resized = (mode: string, transform: string) => {
    const b = new GraphBuilder('unet');
    const x = b.input('x', 'float32', open);
    const strided = { attributes: { strides: int([2, 2]), pads: int([1, 1, 1, 1]) } };
    const down = b.add('Conv', [x, b.constant('w', numbers(4, 3, 3, 3))], strided);
    const shape = b.add('Shape', [x]);
    const ints = (...values: number[]) => b.constant('ints', int64(values));
    const size = b.add('Slice', [shape, ints(2), ints(4), ints(0)]);
    const kept = b.add('Slice', [b.add('Shape', [down]), ints(0), ints(2), ints(0)]);
    const sizes = b.add('Concat', [kept, size], { attributes: { axis: int(0) } });
    const up = b.add('Resize', [down, '', '', sizes], {
      attributes: {
        mode: string(mode),
        coordinate_transformation_mode: string(transform),
        nearest_mode: string('floor'),
      },
    });
    b.graph.outputs.push(b.add('Concat', [up, x], { attributes: { axis: int(1) } }));
    return b.model({ name: 'test', version: '1' });
  };

  test.each([
    ['linear', 'half_pixel'],
    ['linear', 'align_corners'],
    ['nearest', 'asymmetric'],
  ])('%s, %s', async (mode, transform) => {
    const found = await check(resized(mode, transform), images);
    // Nothing that LiteRT would work out only during the run.
    expect(found.filter((opcode) => ['CAST', 'PACK', 'SLICE'].includes(opcode))).toEqual([]);
  });

  test('and multiplies it', async () => {
    const b = new GraphBuilder('reshaped');
    const x = b.input('x', 'float32', open);
    const ints = (...values: number[]) => b.constant('ints', int64(values));
    const shape = b.add('Shape', [x]);
    const at = (place: number) => b.add('Gather', [shape, b.constant('at', { ...int64([place]), dims: [] })]);
    const pixels = b.add('Mul', [at(2), at(-1)]);
    const axis = { attributes: { axis: int(0) } };
    const flat = b.add('Concat', [ints(-1), ints(3), b.add('Unsqueeze', [pixels, ints(0)])], axis);
    b.graph.outputs.push(b.add('Reshape', [b.add('Relu', [x]), flat]));
    await check(b.model({ name: 'test', version: '1' }), images);
  });
});

describe('elements counted from the end of an axis of any length', () => {
  test.each<[string, Tensor]>([
    ['the last', { ...int64([-1]), dims: [] }],
    ['some', int64([-1, 0, -2])],
  ])('%s', async (_, indices) => {
    const b = new GraphBuilder('last');
    const x = b.input('x', 'float32', ['batch', 'steps', 4]);
    b.graph.outputs.push(b.add('Gather', [x, b.constant('i', indices)], { attributes: { axis: int(1) } }));
    await check(b.model({ name: 'test', version: '1' }), [
      [1, 5, 4],
      [3, 32, 4],
      [2, 2, 4],
    ]);
  });
});

test('an output whose first axis is not that of the rows', async () => {
  const sizes = [
    [1, 3, 5],
    [2, 3, 5],
    [1, 3, 1],
    [4, 3, 2],
  ];
  for (const order of [sizes, [...sizes].reverse()]) {
    const model = one('Transpose', [], { perm: int([2, 1, 0]) }, ['batch', 3, 'steps']);
    await check(model, order);
  }
});

test('a normalization of groups of channels', async () => {
  const attributes = { num_groups: int(2) };
  const shape: Shape = ['batch', 6, 'height', 'width'];
  await check(one('GroupNormalization', [numbers(6), numbers(6)], attributes, shape), [
    [1, 6, 8, 8],
    [3, 6, 5, 9],
    [2, 6, 33, 17],
  ]);
});
