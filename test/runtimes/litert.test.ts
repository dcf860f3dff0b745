// LiteRT behind the session that all runtimes share.

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeTflite } from '../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../src/formats/tflite/encode.ts';
import type { TfliteFile } from '../../src/formats/tflite/records.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import litert from '../../src/runtimes/litert.ts';
import { withRealValues } from '../../src/runtimes/real-values.ts';
import type { Session } from '../../src/runtimes/session.ts';
import { runClassic } from './tflite-classic.ts';

const fixture = (name: string) =>
  new URL(`../../fixtures/formats/tflite/${name}.tflite`, import.meta.url).pathname;
const opened: Session[] = [];

async function open(name: string): Promise<Session> {
  const session = await litert.open({ format: 'tflite', path: fixture(name) });
  opened.push(session);
  return session;
}

async function openFile(file: TfliteFile): Promise<Session> {
  const session = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(file) });
  opened.push(session);
  return session;
}

const listenersBefore =
  process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');

afterAll(async () => {
  for (const session of opened) await session.release();
});

const rows = (count: number) =>
  float32(
    [count, 4],
    Float32Array.from({ length: count * 4 }, (_, index) => Math.sin(index * 1.7)),
  );

describe('a float model', () => {
  let session: Session;
  beforeAll(async () => {
    session = await open('mlp');
  });

  it('says what it takes and gives', () => {
    expect(session).toMatchObject({
      runtime: 'litert',
      inputs: [{ name: 'features', dtype: 'float32', shape: ['batch', 4] }],
      outputs: [{ name: 'scores', dtype: 'float32', shape: ['batch', 3] }],
    });
  });

  it('gives what the classic interpreter gives', async () => {
    const x = rows(1);
    const [expected] = await runClassic(readFileSync(fixture('mlp')), [x]);
    const { scores } = await session.run({ features: x });
    expect(scores?.dims).toEqual([1, 3]);
    expect(scores?.data).toEqual(closeTo(expected as Tensor));
  });

  // 2 and 3 are run one by one, 4 is compared with that, and 700 is cut into 256, 64, 16 and 4.
  it.each([0, 1, 2, 3, 4, 17, 700])('takes %i rows at once', async (count) => {
    const all = rows(count);
    const { scores } = await session.run({ features: all });
    expect(scores?.dims).toEqual([count, 3]);
    for (let row = 0; row < count; row++) {
      const one = float32([1, 4], (all.data as Float32Array).subarray(row * 4, row * 4 + 4));
      const { scores: alone } = await session.run({ features: one });
      const part = floatsOf(scores).subarray(row * 3, row * 3 + 3);
      expect(part).toEqual(closeTo(alone as Tensor));
    }
  });

  it('keeps runs apart that are started together', async () => {
    const feeds = [rows(1), float32([1, 4], [1, 2, 3, 4]), float32([1, 4], [-1, 0, 0, 5])];
    const together = await Promise.all(feeds.map((x) => session.run({ features: x })));
    for (const [index, x] of feeds.entries()) {
      expect(together[index]).toEqual(await session.run({ features: x }));
    }
  });

  it('refuses feeds that do not fit before LiteRT reads them', async () => {
    const wrong: [Record<string, Tensor>, RegExp][] = [
      [{}, /no tensor was given/],
      [{ x: rows(1) }, /no input of this name/],
      [{ features: float32([1, 3], [1, 2, 3]) }, /axis 1 must be 4/],
      [{ features: float32([4], [1, 2, 3, 4]) }, /takes shape/],
      [
        { features: { dtype: 'int8', dims: [1, 4], data: new Int8Array(4) } },
        /takes float32, int8 was given/,
      ],
      [{ features: float32([2, 4], [1, 2, 3, 4]) }, /takes 32 bytes, 16 were given/],
    ];
    for (const [feeds, message] of wrong) {
      await expect(session.run(feeds)).rejects.toMatchObject({ code: 'FEED_INVALID' });
      await expect(session.run(feeds)).rejects.toThrow(message);
    }
  });

  it('knows its outputs', async () => {
    await expect(session.run({ features: rows(1) }, ['logits'])).rejects.toThrow(
      /no output logits; it has scores/,
    );
  });

  it('ends with its release', async () => {
    const other = await open('mlp');
    await other.release();
    await other.release();
    await expect(other.run({ features: rows(1) })).rejects.toThrow(/was released/);
    await expect(session.run({ features: rows(1) })).resolves.toBeDefined();
  });

  it('finishes what was asked for before its release', async () => {
    const other = await open('mlp');
    const running = other.run({ features: rows(3) });
    await other.release();
    await expect(running).resolves.toMatchObject({ scores: { dims: [3, 3] } });
  });

  it('leaves no listeners in the process', () => {
    const listeners =
      process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    expect(listeners).toBe(listenersBefore);
  });
});

describe('a model with its batch written into a RESHAPE', () => {
  it('is run row by row', async () => {
    const session = await open('fixed');
    const x = rows(6);
    const { y } = await session.run({ x });
    expect(y).toEqual({ dtype: 'float32', dims: [6, 2, 2], data: x.data });
  });
});

describe('an int8 model', () => {
  const x = rows(5);

  it('takes and gives the stored integers, and says what they stand for', async () => {
    const session = await open('mlp-int8');
    expect(session.inputs[0]).toMatchObject({
      dtype: 'int8',
      quantization: { scale: Math.fround(2 / 127), zeroPoint: 0 },
    });
    const stored = Int8Array.of(10, -20, 30, -40);
    const feed: Tensor = { dtype: 'int8', dims: [1, 4], data: stored };
    const [expected] = await runClassic(readFileSync(fixture('mlp-int8')), [feed]);
    const { y } = await session.run({ x: feed });
    expect(y).toEqual({ dtype: 'int8', dims: [1, 3], data: expected?.data });
  });

  it('computes with real numbers what the float model computes', async () => {
    const real = withRealValues(await open('mlp-int8'));
    const float = await open('mlp');
    expect(real.inputs[0]).toMatchObject({ dtype: 'float32', quantization: { stored: 'int8' } });
    const { y } = await real.run({ x });
    const { scores } = await float.run({ features: x });
    for (const [index, value] of floatsOf(scores).entries()) {
      expect(Math.abs(Number(floatsOf(y)[index]) - value)).toBeLessThan(0.02);
    }
  });

  it('still takes the stored integers where real numbers are expected', async () => {
    const raw = await open('mlp-int8');
    const real = withRealValues(raw);
    const feed: Tensor = { dtype: 'int8', dims: [1, 4], data: Int8Array.of(10, -20, 30, -40) };
    const stored = (await raw.run({ x: feed })).y?.data as Int8Array;
    const { y } = await real.run({ x: feed });
    expect(y?.data).toEqual(Float32Array.from(stored, (value) => (value + 128) / 256));
  });

  it('rounds halves away from zero, clips, and takes what is not a number for zero', async () => {
    const seen: Tensor[] = [];
    const session: Session = {
      runtime: 'test',
      inputs: [{ name: 'x', dtype: 'int8', shape: [5], quantization: { scale: 0.5, zeroPoint: 3 } }],
      outputs: [],
      run: async (feeds) => {
        seen.push(feeds.x as Tensor);
        return {};
      },
      release: async () => {},
    };
    await withRealValues(session).run({ x: float32([5], [0.25, -0.25, 1000, -1000, Number.NaN]) });
    expect(seen[0]?.data).toEqual(Int8Array.of(4, 2, 127, -128, 3));
  });

  it('leaves images of bytes alone', () => {
    const bytes = {
      name: 'x',
      dtype: 'uint8',
      shape: [1],
      quantization: { scale: 1, zeroPoint: 0 },
    } as const;
    const session = {
      runtime: 'test',
      inputs: [bytes],
      outputs: [],
      run: async () => ({}),
      release: async () => {},
    };
    expect(withRealValues(session)).toBe(session);
  });
});

describe('what LiteRT cannot run', () => {
  it.each([
    ['variable', /1 of its tensors keep their values between runs/],
    ['custom', /it has custom operators: Sparkle/],
  ])('%s', async (name, message) => {
    await expect(litert.open({ format: 'tflite', path: fixture(name) })).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
    });
    await expect(litert.open({ format: 'tflite', path: fixture(name) })).rejects.toThrow(message);
    expect(await litert.refusal({ format: 'tflite', path: fixture(name) })).toMatch(message);
  });

  it('says nothing against a model that runs, and opens it', async () => {
    expect(await litert.refusal({ format: 'tflite', path: fixture('mlp') })).toBeUndefined();
    const session = await open('mlp');
    expect((await session.run({ features: rows(1) })).scores?.dims).toEqual([1, 3]);
  });

  it('is the largest values of a result of open length', async () => {
    const file = (open: boolean): TfliteFile => {
      const tensor = (name: string, shape: number[]) => ({
        name,
        type: 'float32' as const,
        shape,
        ...(open ? { shapeSignature: [-1, ...shape.slice(1)] } : {}),
      });
      const k = {
        name: 'k',
        type: 'int32' as const,
        shape: [],
        data: new Uint8Array(Int32Array.of(2).buffer),
      };
      const indices = { ...tensor('indices', [1, 2]), type: 'int32' as const };
      return {
        version: 3,
        description: '',
        metadata: [],
        signatures: [],
        subgraphs: [
          {
            name: 'main',
            tensors: [tensor('x', [1, 4]), tensor('t', [1, 4]), k, tensor('y', [1, 2]), indices],
            inputs: [0],
            outputs: [3],
            operators: [
              { opcode: 'TANH', version: 1, inputs: [0], outputs: [1], options: {} },
              { opcode: 'TOPK_V2', version: 1, inputs: [1, 2], outputs: [3, 4], options: {} },
            ],
          },
        ],
      };
    };
    await expect(openFile(file(true))).rejects.toThrow(/number is open \(TOPK_V2\)/);
    const { y } = await (await openFile(file(false))).run({ x: float32([1, 4], [0, 3, 1, 2]) });
    expect(Array.from(y?.data as Float32Array)).toEqual(
      [3, 2].map((each) => expect.closeTo(Math.tanh(each), 6)),
    );
  });

  it('finds out when the size of an output depends on values', async () => {
    const tensor = (name: string, type: 'float32' | 'int32', shape: number[]) => ({ name, type, shape });
    const tile = { opcode: 'TILE', version: 1, inputs: [0, 1], outputs: [2], options: {} };
    const dynamic: TfliteFile = {
      version: 3,
      description: '',
      metadata: [],
      signatures: [],
      subgraphs: [
        {
          name: 'main',
          tensors: [
            tensor('x', 'float32', [1, 4]),
            tensor('times', 'int32', [2]),
            tensor('y', 'float32', [1, 4]),
          ],
          inputs: [0, 1],
          outputs: [2],
          operators: [tile],
        },
      ],
    };
    await expect(openFile(dynamic)).rejects.toThrow(/size of an output is only found out during the run/);
  });

  it('tells LiteRT’s own words otherwise', async () => {
    const file = decodeTflite(readFileSync(fixture('mlp')), 'mlp');
    const [subgraph] = file.subgraphs;
    const operators = subgraph?.operators.map((operator) => ({ ...operator, version: 99 }));
    await expect(openFile({ ...file, subgraphs: [{ ...subgraph, operators } as never] })).rejects.toThrow(
      /litert failed: it cannot load the model: .*FULLY_CONNECTED/,
    );
  });
});

describe('a worker thread', () => {
  it('has an instance of its own', async () => {
    const source = `
      import { parentPort } from 'node:worker_threads';
      import { register } from 'tsx/esm/api';
      register();
      const { default: litert } = await import(${JSON.stringify(new URL('../../src/runtimes/litert.ts', import.meta.url).href)});
      const session = await litert.open({ format: 'tflite', path: ${JSON.stringify(fixture('mlp'))} });
      const feed = { dtype: 'float32', dims: [1, 4], data: Float32Array.of(1, 2, 3, 4) };
      const { scores } = await session.run({ features: feed });
      await session.release();
      parentPort.postMessage([...scores.data]);`;
    const url = new URL(
      `data:text/javascript,${encodeURIComponent(source.replaceAll("'tsx/esm/api'", `'${import.meta.resolve('tsx/esm/api')}'`))}`,
    );
    const worker = new Worker(url);
    const result = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    const session = await open('mlp');
    const { scores } = await session.run({ features: float32([1, 4], [1, 2, 3, 4]) });
    expect(result).toEqual([...floatsOf(scores)]);
  });
});

function floatsOf(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}

function closeTo({ data }: Tensor): unknown {
  return {
    asymmetricMatch(actual: Float32Array) {
      return (
        actual.length === data.length &&
        actual.every((value, index) => Math.abs(value - Number(data[index])) < 1e-6)
      );
    },
  };
}
