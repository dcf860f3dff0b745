// Open Inference Protocol v2: every path, and every way a request can be wrong.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/definition.ts';
import { ask, feed, model, post, start } from './harness.ts';
import { centered, logarithm, lookup, mlp, scaled, twoInputs } from './models.ts';

let server: RunningServer;
let base: string;

beforeAll(async () => {
  server = await start([
    model('iris', await mlp(4, [16], 3), {
      signature: {
        inputs: { features: { columns: ['a', 'b', 'c', 'd'] } },
        outputs: { scores: { labels: ['x', 'y', 'z'] } },
      },
    }),
    model('two', await twoInputs()),
    model('whole', await scaled('int64', ['batch', 2])),
    model('small', await scaled('uint8', ['batch', 1])),
    model('half', await scaled('float16', ['batch', 2])),
    model('double', await scaled('float64', ['batch', 1])),
    model('flag', await scaled('bool', ['batch', 2])),
    model('text', await scaled('string', ['batch', 1])),
    model('cube', await scaled('float32', ['batch', 2, 3])),
    model('fixed', await scaled('float32', [2, 2])),
    model('log', await logarithm()),
    model('table', await lookup()),
    model('mix', await centered()),
    model('v', await scaled('float32', ['batch', 1]), { version: '2' }),
    model('v', await mlp(4, [2], 2), { version: '1' }),
    model('a name/ü', await scaled('float32', ['batch', 1])),
  ]);
  base = `${server.url}/v2/models`;
});
afterAll(() => server.close());

describe('paths', () => {
  const named = '/v2/models/iris';
  it.each<[string, number, unknown]>([
    ['/v2', 200, { name: 'mlctl', version: expect.any(String), extensions: ['binary_tensor_data'] }],
    ['/v2/', 200, { name: 'mlctl', version: expect.any(String), extensions: ['binary_tensor_data'] }],
    ['/v2/health/live', 200, { live: true }],
    ['/v2/health/ready?x=1', 200, { ready: true }],
    [`${named}/ready`, 200, { name: 'iris', ready: true }],
    ['/v2/models/v/versions/1/ready', 200, { name: 'v', ready: true }],
    ['/v2/models/a%20name%2F%c3%bc/ready', 200, { name: 'a name/ü', ready: true }],
    [
      named,
      200,
      {
        name: 'iris',
        platform: 'onnx_onnxv1',
        inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
        outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 3] }],
        properties: {
          digest: `sha256:${'d'.repeat(64)}`,
          format: 'onnx',
          'inputs.features.columns': 'a,b,c,d',
          'outputs.scores.labels': 'x,y,z',
        },
      },
    ],
    [`${named}/sample`, 200, feed('features', [1, 4], [0, 0, 0, 0])],
    ['/v2/models/irsi', 404, { error: 'model "irsi" is not served here; did you mean "iris"?' }],
    ['/v2/models/nothing-like-it/ready', 404, { error: expect.stringContaining('models: iris, two') }],
    [`${named}/versions/3`, 404, { error: 'model "iris" has no version "3"; it is served without versions' }],
    ['/v2/models/v/versions/3/ready', 404, { error: 'model "v" has no version "3"; versions: 2, 1' }],
    [`${named}/nope`, 404, { error: expect.stringContaining('ready, infer, sample') }],
    ['/v2/models/%zz', 404, { error: expect.any(String) }],
    ['/nope', 404, { error: expect.stringContaining('/v2/models') }],
    [`${named}/infer`, 405, { error: 'GET is not allowed here; use POST' }],
  ])('GET %s is %i', async (path, status, body) => {
    expect(await ask(server.url + path)).toMatchObject({ status, body });
  });

  it('lists the models once each', async () => {
    const { body } = await ask(base);
    expect((body as { models: string[] }).models).toEqual(expect.arrayContaining(['iris', 'v', 'a name/ü']));
    expect((body as { models: string[] }).models).toHaveLength(15);
  });

  it('names the allowed method, and answers HEAD without a body', async () => {
    const put = await ask(`${base}/iris/infer`, { method: 'PUT', body: '{}' });
    expect(put.status).toBe(405);
    expect(put.headers.get('allow')).toBe('POST');
    const head = await ask(`${server.url}/v2/health/live`, { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
  });

  it('serves a page that loads nothing from elsewhere', async () => {
    const { status, body, headers } = await ask(`${server.url}/`);
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(body).toContain('a name/ü');
    expect(body).not.toMatch(/(src|href)="https?:/);
  });

  it('reports metrics in the Prometheus text format', async () => {
    await post(`${base}/iris/infer`, feed('features', [1, 4], [1, 2, 3, 4]));
    const { body, headers } = await ask(`${server.url}/metrics`);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = body as string;
    const labels = '{model="iris",version=""';
    expect(text).toMatch(
      /^mlctl_inference_requests_total\{model="iris",version="",protocol="v2",code="200"\} \d+$/m,
    );
    expect(text).toContain(`mlctl_model_info${labels},digest="${'d'.repeat(64)}",format="onnx"} 1`);
    expect(text).toMatch(/^mlctl_inference_in_flight\{model="iris",version=""\} 0$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    for (const name of [
      'request_duration_seconds',
      'queue_duration_seconds',
      'compute_duration_seconds',
      'batch_size',
    ]) {
      const value = (suffix: string) =>
        new RegExp(`^mlctl_inference_${name}_${suffix.replace('+', '\\+')} (\\d+)$`, 'm').exec(text)?.[1];
      expect(value(`bucket${labels},le="+Inf"}`)).toBe(value(`count${labels}}`));
      expect(Number(value(`count${labels}}`))).toBeGreaterThan(0);
    }
  });
});

describe('answers', () => {
  const outputs = async (name: string, body: unknown) => {
    const reply = await post(`${base}/${name}/infer`, body);
    expect(reply).toMatchObject({ status: 200 });
    return (reply.body as { outputs: { name: string; shape: number[]; data: unknown[] }[] }).outputs;
  };

  it('echoes the id and sends no version where there is none', async () => {
    const request = { id: 'a "b" ü', ...feed('features', [1, 4], [1, 2, 3, 4]) };
    const { body } = await post(`${base}/iris/infer`, request);
    expect(body).toMatchObject({ model_name: 'iris', id: 'a "b" ü' });
    expect(body).not.toHaveProperty('model_version');
    expect(
      (await post(`${base}/iris/infer`, feed('features', [1, 4], [1, 2, 3, 4]))).body,
    ).not.toHaveProperty('id');
  });

  it('answers with the version that was asked for, and the first one otherwise', async () => {
    expect((await post(`${base}/v/infer`, feed('x', [1, 1], [7]))).body).toMatchObject({
      model_version: '2',
    });
    const one = await post(`${base}/v/versions/1/infer`, feed('features', [1, 4], [1, 2, 3, 4]));
    expect(one.body).toMatchObject({ model_version: '1' });
  });

  it('takes flat and nested data, in any order of keys and with any white space', async () => {
    const flat = await outputs('iris', feed('features', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]));
    const nested = await outputs(
      'iris',
      feed(
        'features',
        [2, 4],
        [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ],
      ),
    );
    const other = await outputs(
      'iris',
      '\ufeff{ "inputs" : [ {"data":[ 1,2.0,30e-1,\n4 ,5,6,7,8 ], "datatype":"FP32","shape":[2 ,4],"name":"features"} ], "model_name": "x" }',
    );
    expect(flat[0]?.shape).toEqual([2, 3]);
    expect(nested).toEqual(flat);
    expect(other).toEqual(flat);
    const cube = {
      inputs: [
        {
          name: 'x',
          shape: [1, 2, 3],
          datatype: 'FP32',
          data: [
            [
              [1, 2, 3],
              [4, 5, 6],
            ],
          ],
        },
      ],
    };
    expect((await outputs('cube', cube))[0]).toMatchObject({ shape: [1, 2, 3], data: [1, 2, 3, 4, 5, 6] });
  });

  it('returns the outputs asked for, in that order', async () => {
    const inputs = ['left', 'right'].map((name) => ({
      name,
      shape: [1, 2],
      datatype: 'FP32',
      data: [3, name === 'left' ? 4 : 9],
    }));
    const one = await outputs('two', { inputs, outputs: [{ name: 'difference' }] });
    expect(one).toEqual([{ name: 'difference', datatype: 'FP32', shape: [1, 2], data: [0, -5] }]);
    const both = await outputs('two', {
      inputs: inputs.reverse(),
      outputs: [{ name: 'difference' }, { name: 'sum' }],
    });
    expect(both.map(({ name }) => name)).toEqual(['difference', 'sum']);
    expect(both[1]?.data).toEqual([6, 13]);
  });

  it('carries 64-bit integers exactly', async () => {
    const reply = await fetch(`${base}/whole/infer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[9007199254740993,-9223372036854775808]}]}',
    });
    expect(await reply.text()).toContain('"data":[9007199254740993,-9223372036854775808]');
  });

  it.each([
    ['half', 'FP16', [1, 2], [0.1, 65504], [0.0999755859375, 65504]],
    ['double', 'FP64', [1, 1], [0.1], [0.1]],
    ['flag', 'BOOL', [1, 2], [true, 0], [true, false]],
    ['text', 'BYTES', [1, 1], ['é\n"'], ['é\n"']],
    ['small', 'UINT8', [2, 1], [0, 255], [0, 255]],
    ['fixed', 'FP32', [2, 2], [1, 2, 3, 4], [1, 2, 3, 4]],
  ])('%s carries %s', async (name, datatype, shape, data, expected) => {
    const [output] = await outputs(name, { inputs: [{ name: 'x', shape, datatype, data }] });
    expect(output).toMatchObject({ shape, data: expected });
  });

  it('does not mix the rows of different requests where the model mixes rows', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => outputs('mix', feed('x', [2, 2], [index, 0, index + 2, 2]))),
    );
    for (const [output] of replies) expect(output?.data).toEqual([-1, -1, 1, 1]);
  });
});

describe('binary tensors', () => {
  const send = async (name: string, json: object, ...chunks: Uint8Array[]) => {
    const head = Buffer.from(JSON.stringify(json));
    const reply = await fetch(`${base}/${name}/infer`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/octet-stream',
        'Inference-Header-Content-Length': String(head.length),
      },
      body: Buffer.concat([head, ...chunks]),
    });
    return { reply, bytes: Buffer.from(await reply.arrayBuffer()) };
  };
  const pair = new Float32Array([3, 4]);
  const packed = { name: 'left', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } };
  const plain = { name: 'right', shape: [1, 2], datatype: 'FP32', data: [1, 1] };

  it('go in and come out, beside JSON ones', async () => {
    const { reply, bytes } = await send(
      'two',
      {
        inputs: [plain, packed],
        outputs: [{ name: 'sum', parameters: { binary_data: true } }, { name: 'difference' }],
      },
      Buffer.from(pair.buffer),
    );
    expect(reply.headers.get('content-type')).toBe('application/octet-stream');
    const length = Number(reply.headers.get('inference-header-content-length'));
    const json = JSON.parse(bytes.subarray(0, length).toString());
    expect(json.outputs).toEqual([
      { name: 'sum', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
      { name: 'difference', datatype: 'FP32', shape: [1, 2], data: [2, 3] },
    ]);
    expect([bytes.readFloatLE(length), bytes.readFloatLE(length + 4)]).toEqual([4, 5]);
    expect(bytes.length).toBe(length + 8);
  });

  it('carry strings', async () => {
    const element = Buffer.from([3, 0, 0, 0, 0xc3, 0xa9, 0x21]);
    const input = { name: 'x', shape: [1, 1], datatype: 'BYTES', parameters: { binary_data_size: 7 } };
    const { bytes, reply } = await send(
      'text',
      { inputs: [input], parameters: { binary_data_output: true } },
      element,
    );
    expect(reply.status).toBe(200);
    expect(bytes.subarray(-7)).toEqual(element);
  });

  it('are refused when their size is not the shape’s', async () => {
    const wrong = { ...packed, parameters: { binary_data_size: 4 } };
    const short = await send('two', { inputs: [wrong, plain] }, Buffer.alloc(4));
    expect(short.bytes.toString()).toBe(
      '{"error":"input \\"left\\": shape [1,2] takes 8 bytes, binary_data_size is 4"}',
    );
    const missing = await send('two', { inputs: [packed, plain] }, Buffer.alloc(4));
    expect(missing.bytes.toString()).toContain('the body ends 4 bytes before its data does');
    const extra = await send('two', { inputs: [packed, plain] }, Buffer.alloc(9));
    expect(extra.bytes.toString()).toContain('1 bytes behind the last input');
  });
});

describe('refusals', () => {
  const x = (name: string, fields: object) => ({
    inputs: [{ name, shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4], ...fields }],
  });
  const iris = (fields: object) => x('features', fields);
  const whole = (data: unknown[]) => ({
    inputs: [{ name: 'x', shape: [1, data.length], datatype: 'INT64', data }],
  });
  it.each<[string, string, unknown, string]>([
    ['no body', 'iris', '', 'the request has no body; send JSON with inputs'],
    [
      'broken JSON',
      'iris',
      '{"inputs":[{"name" 1}]}',
      'the body is not JSON: expected ":", found "1" at line 1 column 20',
    ],
    [
      'JSON that ends',
      'iris',
      '{"inputs":\n[',
      'the body is not JSON: expected a value, found the end at line 2 column 2',
    ],
    [
      'text behind it',
      'iris',
      '{"inputs":[]} x',
      'the body is not JSON: expected the end, found "x" at line 1 column 15',
    ],
    [
      'not UTF-8',
      'iris',
      Buffer.from([0x7b, 0xff]).toString('latin1').replace('ÿ', '\u0000'),
      'the body is not JSON: expected a key in double quotes, found "\\u0000" at line 1 column 2',
    ],
    ['an array', 'iris', [], 'the body is an array; send an object with inputs'],
    ['no inputs', 'iris', {}, 'inputs is missing'],
    ['inputs as object', 'iris', { inputs: {} }, 'inputs is an object, expected an array'],
    ['input as number', 'iris', { inputs: [1] }, 'inputs[0] is 1, expected an object'],
    ['empty inputs', 'iris', { inputs: [] }, 'input "features" (FP32 [-1,4]) is missing'],
    [
      'an endless id',
      'iris',
      { id: 'x'.repeat(1025), ...iris({}) },
      'id has 1025 characters; at most 1024 are allowed',
    ],
    ['an id that is a number', 'iris', { id: 5, ...iris({}) }, 'id is 5, not a string'],
    ['no name', 'iris', x(undefined as unknown as string, {}), 'inputs[].name is undefined, not a string'],
    [
      'a misspelt input',
      'iris',
      x('feature', {}),
      '"feature" is not an input of model "iris"; did you mean "features"? its inputs: features',
    ],
    [
      'an input twice',
      'iris',
      { inputs: [...iris({}).inputs, ...iris({}).inputs] },
      'input "features" is given twice',
    ],
    ['a missing one of two', 'two', feed('left', [1, 2], [1, 2]), 'input "right" (FP32 [-1,2]) is missing'],
    [
      'another datatype',
      'iris',
      iris({ datatype: 'FP64' }),
      'input "features": datatype is "FP64", expected "FP32"',
    ],
    ['no shape', 'iris', iris({ shape: undefined }), 'input "features": shape is undefined, not an array'],
    ['a negative size', 'iris', iris({ shape: [-1, 4] }), 'input "features": shape[0] is -1, not a size'],
    [
      'a fraction of a row',
      'iris',
      iris({ shape: [1.5, 4] }),
      'input "features": shape[0] is 1.5, not a size',
    ],
    ['no rows', 'iris', iris({ shape: [0, 4], data: [] }), 'input "features": shape [0,4] holds no elements'],
    [
      'a wrong axis',
      'iris',
      feed('features', [2, 3], [1, 2, 3, 4, 5, 6]),
      'input "features": expected [-1,4], got [2,3]',
    ],
    [
      'a wrong rank',
      'iris',
      feed('features', [4], [1, 2, 3, 4]),
      'input "features": expected [-1,4], got [4]',
    ],
    ['a wrong fixed axis', 'fixed', feed('x', [1, 2], [1, 2]), 'input "x": expected [2,2], got [1,2]'],
    [
      'a huge shape',
      'iris',
      feed('features', [4294967296, 4], [1]),
      'input "features": shape [4294967296,4] takes 17179869184 elements, data has 1',
    ],
    [
      'too few elements',
      'iris',
      iris({ data: [1, 2, 3] }),
      'input "features": shape [1,4] takes 4 elements, data has 3',
    ],
    [
      'too many elements',
      'iris',
      iris({ data: [1, 2, 3, 4, 5] }),
      'input "features": shape [1,4] takes 4 elements, data has 5',
    ],
    ['data as number', 'iris', iris({ data: 4 }), 'input "features": data is 4, not an array'],
    [
      'a word',
      'iris',
      iris({ data: [1, 'two', 3, 4] }),
      'input "features": data[1] is "two", which is not a number',
    ],
    [
      'a word, nested',
      'iris',
      iris({ data: [[1, 2, null, 4]] }),
      'input "features": data[0][2] is null, which is not a number',
    ],
    [
      'nesting of the wrong length',
      'cube',
      feed(
        'x',
        [1, 2, 3],
        [
          [
            [1, 2, 3],
            [4, 5],
          ],
        ],
      ),
      'input "x": data[0][1] has 2 items, expected 3 for shape [1,2,3]',
    ],
    [
      'nesting that stops',
      'cube',
      feed('x', [1, 2, 3], [[[1, 2, 3], 4]]),
      'input "x": data[0][1] is 4, expected an array of 3 for shape [1,2,3]',
    ],
    [
      'too large for FP32',
      'iris',
      iris({ data: [1, 2, 3, 1e39] }),
      'input "features": data[3] is 1e+39, which is too large for FP32',
    ],
    [
      'too large for FP16',
      'half',
      { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP16', data: [1, 65520] }] },
      'input "x": data[1] is 65520, which is too large for FP16',
    ],
    [
      'a fraction for INT64',
      'whole',
      whole([1, 1.5]),
      'input "x": data[1] is 1.5, which is not a whole number, as INT64 needs',
    ],
    [
      '2^63',
      'whole',
      '{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[1,9223372036854775808]}]}',
      'input "x": data[1] is 9223372036854775808, which does not fit INT64 (-9223372036854775808 to 9223372036854775807)',
    ],
    [
      '256 for UINT8',
      'small',
      { inputs: [{ name: 'x', shape: [1, 1], datatype: 'UINT8', data: [256] }] },
      'input "x": data[0] is 256, which does not fit UINT8 (0 to 255)',
    ],
    [
      'a number for BYTES',
      'text',
      { inputs: [{ name: 'x', shape: [1, 1], datatype: 'BYTES', data: [1] }] },
      'input "x": data[0] is 1, which is not a string',
    ],
    [
      '2 for BOOL',
      'flag',
      { inputs: [{ name: 'x', shape: [1, 2], datatype: 'BOOL', data: [2, true] }] },
      'input "x": data[0] is 2, which is not true or false',
    ],
    [
      'rows that differ',
      'two',
      {
        inputs: [
          { name: 'left', shape: [1, 2], datatype: 'FP32', data: [1, 2] },
          { name: 'right', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] },
        ],
      },
      'input "right" has 2 rows but input "left" has 1',
    ],
    [
      'a misspelt output',
      'two',
      {
        inputs: ['left', 'right'].map((name) => ({ name, shape: [1, 2], datatype: 'FP32', data: [1, 2] })),
        outputs: [{ name: 'sums' }],
      },
      '"sums" is not an output of model "two"; did you mean "sum"? its outputs: sum, difference',
    ],
    [
      'an output twice',
      'iris',
      { ...iris({}), outputs: [{ name: 'scores' }, { name: 'scores' }] },
      'output "scores" is asked for twice',
    ],
  ])('%s', async (_, name, body, error) => {
    expect(await post(`${base}/${name}/infer`, body)).toMatchObject({ status: 400, body: { error } });
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a form from a page',
      { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'http://example.com' },
      'Content-Type is "application/x-www-form-urlencoded"; send application/json',
    ],
    ['a picture', { 'Content-Type': 'image/png' }, 'Content-Type is "image/png"; send application/json'],
    [
      'another charset',
      { 'Content-Type': 'application/json; charset=latin1' },
      'Content-Type says charset=latin1; JSON is UTF-8',
    ],
    [
      'bytes without the header',
      { 'Content-Type': 'application/octet-stream' },
      'Content-Type is "application/octet-stream"; send application/json, or add Inference-Header-Content-Length for binary tensors',
    ],
    [
      'gzip',
      { 'Content-Encoding': 'gzip' },
      'Content-Encoding "gzip" is not supported; send the body as it is',
    ],
  ])('%s is 415', async (_, headers, error) => {
    expect(await post(`${base}/iris/infer`, iris({}), headers)).toMatchObject({
      status: 415,
      body: { error },
    });
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain;charset=UTF-8'])(
    '%s, as curl and fetch send unasked, is taken for JSON',
    async (type) => {
      expect(await post(`${base}/iris/infer`, iris({}), { 'Content-Type': type })).toMatchObject({
        status: 200,
      });
    },
  );

  it('a body that is not UTF-8 is 400', async () => {
    const body = Buffer.from(JSON.stringify({ id: 'ü', ...iris({}) }), 'latin1');
    expect(await ask(`${base}/iris/infer`, { method: 'POST', body })).toMatchObject({
      status: 400,
      body: { error: 'the body is not UTF-8 text' },
    });
  });

  it('outputs JSON cannot carry are 500, and what they are is said', async () => {
    const { status, body } = await post(`${base}/log/infer`, feed('x', [1, 1], [-1]));
    expect(status).toBe(500);
    expect(body).toEqual({
      error: expect.stringMatching(/^output "y" holds NaN at element 0, which JSON cannot carry/),
    });
  });

  it('an input the model fails on is 500 for its own request only', async () => {
    const one = (index: number) =>
      post(`${base}/table/infer`, {
        inputs: [{ name: 'index', shape: [1, 1], datatype: 'INT64', data: [index] }],
      });
    const replies = await Promise.all([0, 1, 9, 2, 3, 0].map(one));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 500, 200, 200, 200]);
    const values = replies.flatMap(
      ({ body }) => (body as { outputs?: { data: number[] }[] }).outputs?.[0]?.data ?? [],
    );
    expect(values).toEqual([10, 20, 30, 40, 10]);
  });
});

describe('numbers JSON does not have', () => {
  it.each([
    ['string', '"NaN","-Infinity"'],
    ['null', 'null,null'],
    ['literal', 'NaN,-Infinity'],
  ] as const)('come out as %s when that is asked for', async (nonFinite, expected) => {
    const lenient = await start([model('log', await logarithm())], { nonFinite });
    try {
      const reply = await fetch(`${lenient.url}/v2/models/log/infer`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(feed('x', [2, 1], ['NaN', 0])),
      });
      expect(await reply.text()).toContain(`"data":[${expected}]`);
    } finally {
      await lenient.close();
    }
  });
});
