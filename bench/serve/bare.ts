// The yardstick: node:http as one would write it in ten minutes, one run of the model per request, no checks, no log.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [, , path = ''] = process.argv;
const session = await InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 4 });
const input = session.inputNames[0] ?? '';
const output = session.outputNames[0] ?? '';

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const { shape, data } = body.inputs[0];
    const results = await session.run({ [input]: new Tensor('float32', Float32Array.from(data), shape) });
    const scores = results[output] as Tensor;
    const text = JSON.stringify({
      model_name: 'bare',
      outputs: [
        {
          name: output,
          datatype: 'FP32',
          shape: scores.dims,
          data: Array.from(scores.data as Float32Array),
        },
      ],
    });
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
