// Files with axes whose length is open, run in LiteRT at whatever length they are fed.

import { afterAll, describe, expect, it } from 'vitest';
import { encodeTfliteBytes } from '../../src/formats/tflite/encode.ts';
import type { Operator, TfliteFile, TfliteTensor } from '../../src/formats/tflite/records.ts';
import { float32 } from '../../src/graph/tensor.ts';
import litert from '../../src/runtimes/litert.ts';
import type { Session } from '../../src/runtimes/session.ts';

const opened: Session[] = [];
afterAll(async () => {
  for (const session of opened) await session.release();
});

/** x → operator → y. */
async function open(
  x: readonly number[],
  y: readonly number[],
  operator: Pick<Operator, 'opcode' | 'options'>,
  constants: readonly TfliteTensor[] = [],
): Promise<Session> {
  const tensor = (name: string, signature: readonly number[]): TfliteTensor => ({
    name,
    type: 'float32',
    shape: signature.map((dim) => Math.max(dim, 1)),
    shapeSignature: signature.includes(-1) ? signature : undefined,
  });
  const inputs = [0, ...constants.map((_, index) => index + 2)];
  const file: TfliteFile = {
    version: 3,
    description: '',
    metadata: [],
    signatures: [],
    subgraphs: [
      {
        name: 'main',
        tensors: [tensor('x', x), tensor('y', y), ...constants],
        inputs: [0],
        outputs: [1],
        operators: [{ ...operator, version: 1, inputs, outputs: [1] }],
      },
    ],
  };
  const session = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(file) });
  opened.push(session);
  return session;
}

const int32 = (name: string, dims: number[], values: number[]): TfliteTensor => ({
  name,
  type: 'int32',
  shape: dims,
  data: new Uint8Array(Int32Array.from(values).buffer),
});
const counting = (dims: readonly number[]) => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return float32(
    dims,
    Float32Array.from({ length: count }, (_, index) => index + 1),
  );
};
const negative = { opcode: 'NEG', options: {} };

describe('an open axis', () => {
  it('takes the length of what it is fed, beside any number of rows', async () => {
    const session = await open([-1, -1, 2], [-1, -1, 2], negative);
    expect(session.inputs).toMatchObject([{ shape: ['batch', 'x_axis1', 2] }]);
    expect(session.outputs).toMatchObject([{ shape: ['batch', null, 2] }]);
    for (const [rows, length] of [
      [1, 1],
      [1, 7],
      [3, 7],
      [9, 2],
      [4, 300],
      [0, 3],
    ] as const) {
      const x = counting([rows, length, 2]);
      const { y } = await session.run({ x });
      expect(y).toEqual(
        float32(
          x.dims,
          (x.data as Float32Array).map((value) => -value),
        ),
      );
    }
  });

  it('goes on working after more lengths than compilations are kept', async () => {
    const session = await open([-1, -1], [-1, -1], negative);
    const lengths = Array.from({ length: 20 }, (_, index) => index + 1);
    const runs = lengths.map((length) => session.run({ x: counting([2, length]) }));
    expect((await Promise.all(runs)).map(({ y }) => y?.dims)).toEqual(lengths.map((length) => [2, length]));
  });

  it('is fed with at least an element', async () => {
    const session = await open([-1, -1], [-1, -1], negative);
    await expect(session.run({ x: counting([2, 0]) })).rejects.toThrow(/input x: it has no elements/);
  });

  it('is as long as the windows over it need', async () => {
    const pool = {
      opcode: 'MAX_POOL_2D',
      options: { padding: 'VALID', strideW: 1, strideH: 1, filterWidth: 5, filterHeight: 5 },
    };
    const session = await open([-1, -1, -1, 1], [-1, -1, -1, 1], pool);
    const { y } = await session.run({ x: counting([1, 5, 6, 1]) });
    expect(y).toEqual(float32([1, 1, 2, 1], [29, 30]));
    await expect(session.run({ x: counting([1, 5, 4, 1]) })).rejects.toMatchObject({ code: 'FEED_INVALID' });
    await expect(session.run({ x: counting([1, 5, 4, 1]) })).rejects.toThrow(/lengths do not suit the model/);
  });
});

describe('an open first axis', () => {
  it('is run whole where its elements depend on one another', async () => {
    const sum = { opcode: 'CUMSUM', options: { exclusive: false, reverse: false } };
    const session = await open([-1, 1], [-1, 1], sum, [int32('axis', [], [0])]);
    for (const length of [2, 3, 6, 1]) {
      const { y } = await session.run({ x: counting([length, 1]) });
      const sums = Array.from({ length }, (_, index) => ((index + 1) * (index + 2)) / 2);
      expect(y).toEqual(float32([length, 1], sums));
    }
  });

  it('is run whole where equal elements tell nothing', async () => {
    const sum = { opcode: 'CUMSUM', options: { exclusive: false, reverse: false } };
    const session = await open([-1, 1], [-1, 1], sum, [int32('axis', [], [0])]);
    const zeros = float32([3, 1], [0, 0, 0]);
    expect((await session.run({ x: zeros })).y).toEqual(zeros);
    expect((await session.run({ x: float32([3, 1], [1, 1, 1]) })).y).toEqual(float32([3, 1], [1, 2, 3]));
  });

  it('is run row by row where a size in the file is for one', async () => {
    const session = await open([-1, 4], [-1, 2, 2], { opcode: 'RESHAPE', options: {} }, [
      int32('shape', [3], [1, 2, 2]),
    ]);
    const x = counting([6, 4]);
    expect((await session.run({ x })).y).toEqual(float32([6, 2, 2], x.data as Float32Array));
  });
});

describe('an output whose size is worked out while the model runs', () => {
  const tensor = (
    name: string,
    type: TfliteTensor['type'],
    shape: number[],
    open?: number[],
  ): TfliteTensor => ({
    name,
    type,
    shape,
    shapeSignature: open,
  });

  /** y is x broadcast to [2, rows of x + `more`, 6]; where from is not said, `more` is an input. */
  async function broadcast(isInput: boolean): Promise<Session> {
    const file: TfliteFile = {
      version: 3,
      description: '',
      metadata: [],
      signatures: [
        {
          key: 'serving_default',
          subgraph: 0,
          inputs: [{ name: 'x', tensor: 0 }, ...(isInput ? [{ name: 'size', tensor: 4 }] : [])],
          outputs: [{ name: 'y', tensor: 5 }],
        },
      ],
      subgraphs: [
        {
          name: 'main',
          tensors: [
            tensor('x', 'float32', [1, 1], [-1, 1]),
            tensor('shape', 'int32', [2]),
            int32('front', [1], [2]),
            int32('least', [3], [2, 1, 6]),
            tensor('size', 'int32', [3]),
            tensor('y', 'float32', [2, 1, 6], [2, -1, 6]),
            tensor('whole', 'int32', [3]),
          ],
          inputs: isInput ? [0, 4] : [0],
          outputs: [5],
          operators: [
            { opcode: 'SHAPE', version: 1, inputs: [0], outputs: [1], options: { outType: 'INT32' } },
            { opcode: 'CONCATENATION', version: 1, inputs: [2, 1], outputs: [6], options: { axis: 0 } },
            ...(isInput
              ? []
              : [{ opcode: 'MAXIMUM', version: 1, inputs: [6, 3], outputs: [4], options: {} }]),
            { opcode: 'BROADCAST_TO', version: 2, inputs: [0, 4], outputs: [5], options: {} },
          ],
        },
      ],
    };
    const session = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(file) });
    opened.push(session);
    return session;
  }

  it('is right where it follows from the lengths of inputs', async () => {
    const session = await broadcast(false);
    expect(session.outputs).toMatchObject([{ name: 'y', shape: [2, null, 6] }]);
    for (const rows of [3, 1, 5, 3]) {
      const { y } = await session.run({ x: counting([rows, 1]) });
      const row = (value: number) => Array.from({ length: 6 }, () => value);
      const once = Array.from({ length: rows }, (_, index) => row(index + 1)).flat();
      expect(y).toEqual(float32([2, rows, 6], [...once, ...once]));
    }
  });

  it('is refused where values say it: the memory would come back unwritten', async () => {
    await expect(broadcast(true)).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
      message: expect.stringContaining('the size of an output is only found out during the run'),
    });
  });
});
