// The fast reader must read what JSON.parse reads, to the bit, and give up on everything else.

import { describe, expect, it } from 'vitest';
import { FastBody } from '../../src/server/fast-body.ts';
import { portOf } from '../../src/server/ports.ts';
import { generator } from './models.ts';

const port = portOf({ name: 'x', dtype: 'float32', shape: ['batch', 4] });

function read(text: string, ports = [port]) {
  const fast = FastBody.for(ports);
  const sinks = ports.map(() => ({ data: new Float32Array(1), length: 0 }));
  const isRead = fast?.read(Buffer.from(text), sinks) ?? false;
  return { isRead, fast, numbers: sinks.map(({ data, length }) => [...data.subarray(0, length)]) };
}

const body = (data: string, rows = 1) =>
  `{"inputs":[{"name":"x","shape":[${rows},4],"datatype":"FP32","data":${data}}]}`;

describe('numbers', () => {
  it.each([
    '0',
    '-0',
    '-0.0e5',
    '1e-45',
    '1.4e-45',
    '7e-46',
    '1.17549435e-38',
    '3.4028234663852886e38',
    '16777217',
    '16777217.0000000001',
    '0.1',
    '0.30000001192092896',
    '9007199254740993',
    '123456789012345678901234567890',
    '0.000000000000000000000000000000123456789',
    '1E+2',
    '5e0',
    '4.35',
    '8.589973e9',
    '1.00000017881393421514957253748434595763683319091796875001',
  ])('%s', (text) => {
    const { isRead, numbers } = read(body(`[${text},0,0,0]`));
    expect(isRead).toBe(true);
    expect(numbers[0]?.[0]).toBe(Math.fround(Number(text)));
  });

  it('are those of JSON.parse, whatever their digits', () => {
    const random = generator(11);
    const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
    const single = new Float32Array(1);
    const bits = new Uint32Array(single.buffer);
    const kinds: (() => string)[] = [
      () => String(random()),
      () => String(random() * 2 ** Math.floor(random() * 250 - 125)),
      () => {
        // Half way between two neighbours, and a little beside it: where rounding twice goes wrong.
        bits[0] = 0x20000000 + Math.floor(random() * 0x40000000);
        const low = single[0] ?? 0;
        bits[0] = (bits[0] ?? 0) + 1;
        const middle = (low + (single[0] ?? 0)) / 2;
        return random() < 0.5 ? String(middle) : middle.toPrecision(17 + Math.floor(random() * 8));
      },
      () =>
        `${random() < 0.5 ? '-' : ''}${Math.floor(random() * 1000)}.${digits(1 + Math.floor(random() * 20))}` +
        (random() < 0.5 ? `e${Math.floor(random() * 60) - 35}` : ''),
    ];
    for (let index = 0; index < 20_000; index++) {
      const texts = Array.from({ length: 4 }, () => kinds[index % 4]?.() ?? '0');
      const expected = texts.map((text) => Math.fround(Number(text)));
      const { isRead, numbers } = read(body(`[${texts}]`));
      if (!isRead) expect(expected.every(Number.isFinite), String(texts)).toBe(false);
      else if (!expected.every((value, at) => Object.is(value, numbers[0]?.[at]))) {
        expect(numbers[0], String(texts)).toEqual(expected);
      }
    }
  });
});

describe('what it accepts', () => {
  it('nested rows, white space, an id, any order of keys', () => {
    const { isRead, fast, numbers } = read(
      ' {\n"id" : "a-1" , "inputs":[ {"datatype":"FP32","data": [ [1,2, 3,4],\n[5,6,7,8] ],"name":"x","shape":[ 2 , 4 ]} ] } \n',
    );
    expect(isRead).toBe(true);
    expect(fast).toMatchObject({ id: 'a-1', rows: 2 });
    expect(fast?.seen[0]).toMatchObject({ dims: [2, 4], isNested: true, isOneLine: false });
    expect(numbers[0]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('several inputs, named before their data', () => {
    const ports = ['a', 'b'].map((name) => portOf({ name, dtype: 'float32', shape: ['n', 1] }));
    const input = (name: string, value: number) =>
      `{"name":"${name}","shape":[1,1],"datatype":"FP32","data":[${value}]}`;
    expect(read(`{"inputs":[${input('b', 2)},${input('a', 1)}]}`, ports)).toMatchObject({
      isRead: true,
      numbers: [[1], [2]],
    });
    expect(read(`{"inputs":[${input('b', 2)}]}`, ports).isRead).toBe(false);
    expect(read(`{"inputs":[${input('b', 2)},${input('b', 1)}]}`, ports).isRead).toBe(false);
  });

  it('appends behind what is there', () => {
    const fast = FastBody.for([port]);
    const sink = { data: new Float32Array(4), length: 0 };
    fast?.read(Buffer.from(body('[1,2,3,4]')), [sink]);
    fast?.read(Buffer.from(body('[5,6,7,8]')), [sink]);
    expect([...sink.data.subarray(0, sink.length)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('what it leaves to the general reader', () => {
  const good = body('[1,2,3,4]');
  it.each([
    ...Array.from({ length: good.length }, (_, at) => good.slice(0, at)),
    `${good}x`,
    `${good},`,
    body('[1,2,3]'),
    body('[1,2,3,4,5]'),
    body('[1,2,3,4]', 2),
    body('[[1,2],[3,4]]'),
    body('[[1,2,3,4],[5,6,7]]', 2),
    body('[[1,2,3,4],5,6,7,8]', 2),
    body('[1,[2,3,4]]'),
    body('[[[1,2,3,4]]]'),
    body('[1,2,3,4,]'),
    body('[,1,2,3,4]'),
    body('[1,,2,3,4]'),
    body('[1 2,3,4]'),
    body('[01,2,3,4]'),
    body('[1.,2,3,4]'),
    body('[.5,2,3,4]'),
    body('[-,2,3,4]'),
    body('[+1,2,3,4]'),
    body('[1e,2,3,4]'),
    body('[1e+,2,3,4]'),
    body('[1e39,2,3,4]'),
    body('[1e999,2,3,4]'),
    body('[NaN,2,3,4]'),
    body('[null,2,3,4]'),
    body('["1",2,3,4]'),
    body('[true,2,3,4]'),
    body('[]'),
    body('[[]]'),
    body('1'),
    good.replace('"FP32"', '"FP64"'),
    good.replace('"x"', '"y"'),
    good.replace('"x"', '"\\u0078"'),
    good.replace('[1,4]', '[01,4]'),
    good.replace('[1,4]', '[1,4,1]'),
    good.replace('[1,4]', '[-1,4]'),
    good.replace('[1,4]', '[1.0,4]'),
    good.replace('"shape"', '"parameters":{},"shape"'),
    good.replace('"name":"x"', '"name":"x","name":"x"'),
    good.replace('}]}', '}],"outputs":[{"name":"y"}]}'),
    good.replace('}]}', '}],"inputs":[]}'),
    `{"id":"é",${good.slice(1)}`,
    `{"id":5,${good.slice(1)}`,
    `{"id":"a","id":"b",${good.slice(1)}`,
  ])('%s', (text) => {
    expect(read(text).isRead).toBe(false);
  });
});
