// Conversion: whole processes. How many `node -e 0` a conversion of 10 MB takes, how much of that is not start-up (a
// model of 1 kB takes the same path), and how much memory it needs for each byte of weights. Interleaved, medians.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeContainer } from '../fixtures/demo/keras-h5.ts';
import { encodeOnnxBytes } from '../src/formats/onnx/encode.ts';
import { int } from '../src/graph/attribute.ts';
import { GraphBuilder } from '../src/graph/builder.ts';
import { float32, type Tensor } from '../src/graph/tensor.ts';
import type { Row } from './run.ts';
import { median } from './start-up.ts';

const ROUNDS = 9;
const executable = fileURLToPath(new URL('../bin/mlctl.js', import.meta.url));

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-convert-'));
  try {
    const files = {
      smallOnnx: await writeCnn(folder, 'small.onnx', 2, 4),
      largeOnnx: await writeCnn(folder, 'large.onnx', 6, 216),
      smallKeras: await writeMlp(folder, 'small.h5', 8),
      largeKeras: await writeMlp(folder, 'large.h5', 1118),
      hugeOnnx: await writeCnn(folder, 'huge.onnx', 6, 683),
    };
    return [...time(files), memory(files.smallOnnx, files.hugeOnnx)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Written = { readonly path: string; readonly bytes: number };
type Files = Record<'smallOnnx' | 'largeOnnx' | 'smallKeras' | 'largeKeras', Written>;

function time(files: Files): Row[] {
  const commands = {
    node: ['-e', '0'],
    smallOnnx: convertWords(files.smallOnnx),
    largeOnnx: convertWords(files.largeOnnx),
    smallKeras: convertWords(files.smallKeras),
    largeKeras: convertWords(files.largeKeras),
  };
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, words] of Object.entries(commands)) {
      const started = performance.now();
      const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
      times.get(name)?.push(performance.now() - started);
    }
  }
  const of = (name: keyof typeof commands) => median(times.get(name) ?? []);
  const row = (what: string, small: 'smallOnnx' | 'smallKeras', large: 'largeOnnx' | 'largeKeras'): Row => ({
    name: `convert ${megabytes(files[large].bytes)} ${what} over node -e 0`,
    figure: `${(of(large) / of('node')).toFixed(1)}×`,
    detail: `${of(large).toFixed(0)} ms over ${of('node').toFixed(0)} ms; ${((of(small) / of(large)) * 100).toFixed(0)} % of it also for a model of ${(files[small].bytes / 1000).toFixed(0)} kB`,
  });
  return [row('.onnx', 'smallOnnx', 'largeOnnx'), row('.h5', 'smallKeras', 'largeKeras')];
}

function memory(small: Written, huge: Written): Row {
  const [least, most] = [small, huge].map((model) => peakBytes(convertWords(model).slice(1))) as [
    number,
    number,
  ];
  return {
    name: `memory of convert, ${megabytes(huge.bytes)} .onnx`,
    figure: `${((most - least) / huge.bytes).toFixed(2)}× weights`,
    detail: `peak ${megabytes(most)} − ${megabytes(least)} for a small model, over the size of the file`,
  };
}

/** Peak resident size of a whole run of the command line. maxRSS would begin with what this process had when it forked. */
export function peakBytes(words: readonly string[]): number {
  const start = new URL('../dist/cli/start.js', import.meta.url).href;
  const script = `
    process.argv = [process.argv[0], 'mlctl', ...${JSON.stringify(words)}];
    const { start } = await import(${JSON.stringify(start)});
    await start(process);
    const { readFileSync } = await import('node:fs');
    process.stderr.write(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '');`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return Number(stderr.trim()) * 1024;
}

function convertWords({ path }: Written): string[] {
  return [executable, 'convert', path, '--to', 'onnx', '--output', `${path}.out.onnx`, '--force', '--quiet'];
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

let seed = 1;

/** Numbers of their own for each call: equal weights would be stored once. */
export function noise(dims: readonly number[]): Tensor {
  const length = dims.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(length);
  let state = seed++;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state / 2 ** 32 - 0.5) / 16;
  }
  return float32(dims, data);
}

/** Conv and BatchNormalization on a small image, so that weights and not the run are what counts. */
async function writeCnn(folder: string, name: string, layers: number, channels: number): Promise<Written> {
  const b = new GraphBuilder(name);
  let value = b.input('x', 'float32', ['batch', channels, 4, 4]);
  for (let layer = 0; layer < layers; layer++) {
    const weights = b.constant('w', noise([channels, channels, 3, 3]));
    const attributes = { kernel_shape: int([3, 3]), pads: int([1, 1, 1, 1]) };
    const statistics = [1, 0.1, 0, 1].map((fill) =>
      b.constant('s', float32([channels], new Float32Array(channels).fill(fill))),
    );
    value = b.add('BatchNormalization', [b.add('Conv', [value, weights], { attributes }), ...statistics]);
    value = b.add('Relu', [value]);
  }
  b.output('y', b.add('GlobalAveragePool', [value]), 'float32', ['batch', channels, 1, 1]);
  const bytes = await encodeOnnxBytes(b.model({ name: 'bench', version: '1' }));
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path, bytes: bytes.length };
}

/** Two Dense layers of `units`, as Keras saves them. */
async function writeMlp(folder: string, name: string, units: number): Promise<Written> {
  const path = join(folder, name);
  const dense = (index: number) => ({ name: `dense_${index}`, units, activation: 'relu', use_bias: true });
  const input = {
    class_name: 'InputLayer',
    config: { name: 'x', batch_input_shape: [null, units], dtype: 'float32' },
  };
  const layers = [0, 1].map((index) => ({ class_name: 'Dense', config: dense(index) }));
  await writeContainer(path, {
    kerasVersion: '2.11.0',
    backend: 'tensorflow',
    architecture: { class_name: 'Sequential', config: { name: 'bench', layers: [input, ...layers] } },
    layers: [0, 1].map((index) => ({
      name: `dense_${index}`,
      weights: [
        {
          name: `dense_${index}/kernel:0`,
          dims: [units, units],
          data: noise([units, units]).data as Float32Array,
        },
        { name: `dense_${index}/bias:0`, dims: [units], data: new Float32Array(units) },
      ],
    })),
  });
  return { path, bytes: 8 * units * (units + 1) };
}
