// Conversion of large Keras files: is the time linear in the size, and how much memory does a byte of weights take?
// Networks of Conv2D and Dense layers of 10, 100 and 1000 MB, written by this script, converted by whole processes with
// parity on; the median of three rounds, interleaved.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KerasContainer, writeContainer } from '../fixtures/demo/keras-h5.ts';
import { megabytes, noise, peakBytes } from './convert.ts';
import type { Row } from './run.ts';
import { median } from './start-up.ts';

const ROUNDS = 3;
const SIZES = [10, 100, 1000];
const executable = fileURLToPath(new URL('../bin/mlctl.js', import.meta.url));

type Measured = { readonly bytes: number; readonly times: number[]; readonly peaks: number[] };

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-convert-size-'));
  try {
    const measured: Measured[] = [];
    for (const size of SIZES) {
      const bytes = await writeNetwork(join(folder, `${size}.h5`), size);
      measured.push({ bytes, times: [], peaks: [] });
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, size] of SIZES.entries()) {
        const path = join(folder, `${size}.h5`);
        const output = join(folder, 'out.onnx');
        const words = ['convert', path, '--to', 'onnx', '--output', output, '--force', '--quiet'];
        measured[index]?.times.push(time(words));
        if (round === 0) measured[index]?.peaks.push(peakBytes(words));
        rmSync(output);
      }
    }
    return rows(measured);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function time(words: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [executable, ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  return performance.now() - started;
}

function rows(measured: readonly Measured[]): Row[] {
  // What each further MB takes: start-up, the same for all, is no part of it.
  const slopes = measured.slice(1).map((after, index) => {
    const before = measured[index];
    return before ? (median(after.times) - median(before.times)) / ((after.bytes - before.bytes) / 1e6) : 0;
  });
  const sizes = measured.map(({ bytes, times, peaks }): Row => {
    const [took, peak] = [median(times), median(peaks)];
    return {
      name: `convert ${megabytes(bytes)} .h5, parity on`,
      figure: `${(peak / bytes).toFixed(2)}× memory`,
      detail: `peak ${megabytes(peak)} over the weights; ${(took / 1000).toFixed(1)} s`,
    };
  });
  const [small = 0, large = 0] = slopes;
  const growth: Row = {
    name: 'a further MB, from 100 to 1000 over 10 to 100',
    figure: `${(large / small).toFixed(2)}× time`,
    detail: `${large.toFixed(1)} ms over ${small.toFixed(1)} ms; 1 is linear`,
  };
  return [...sizes, growth];
}

/** Half of the weights in Conv2D, half in Dense layers; returns the bytes of all weights. */
async function writeNetwork(path: string, size: number): Promise<number> {
  // Large enough that no layer is most of the file, small enough that running it is not what is measured.
  const channels = Math.round(Math.sqrt((size * 1e6) / 2 / 9 / 4 / 6));
  const units = Math.round(Math.sqrt((size * 1e6) / 2 / 4 / 6));
  const layers: { class_name: string; config: Record<string, unknown> & { name: string } }[] = [
    {
      class_name: 'InputLayer',
      config: { name: 'x', batch_input_shape: [null, 4, 4, channels], dtype: 'float32' },
    },
  ];
  const weights: KerasContainer['layers'][number][] = [];
  const add = (class_name: string, name: string, config: Record<string, unknown>, dims: number[]) => {
    layers.push({ class_name, config: { name, activation: 'relu', use_bias: true, ...config } });
    const last = dims.at(-1) ?? 1;
    weights.push({
      name,
      weights: [
        { name: `${name}/kernel:0`, dims, data: noise(dims).data as Float32Array },
        { name: `${name}/bias:0`, dims: [last], data: new Float32Array(last) },
      ],
    });
  };
  for (let index = 0; index < 6; index++) {
    const config = { filters: channels, kernel_size: [3, 3], padding: 'same' };
    add('Conv2D', `conv_${index}`, config, [3, 3, channels, channels]);
  }
  layers.push({ class_name: 'GlobalAveragePooling2D', config: { name: 'pool' } });
  weights.push({ name: 'pool', weights: [] });
  for (let index = 0; index < 6; index++) {
    add('Dense', `dense_${index}`, { units }, [index === 0 ? channels : units, units]);
  }
  await writeContainer(path, {
    kerasVersion: '2.11.0',
    backend: 'tensorflow',
    architecture: { class_name: 'Sequential', config: { name: 'bench', layers } },
    layers: weights,
  });
  return weights.flatMap((layer) => layer.weights).reduce((sum, { data }) => sum + data.byteLength, 0);
}
