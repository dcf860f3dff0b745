// An architecture in JSON with its weights in a file of their own goes through the whole life: init, inspect, convert,
// evaluate, predict, serve, deploy, rollback; from flags and from the manifest.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weight, writeKerasHdf5 } from '../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../src/context.ts';
import { serve } from '../../src/lifecycle/serve.ts';
import { run } from '../cli/run.ts';
import { dense } from '../formats/keras/architecture.ts';

const cwd = mkdtempSync(join(tmpdir(), 'mlctl-apart-'));
const at = (name: string) => join(cwd, name);
const go = (...words: string[]) => run(...words, { cwd });
const json = async (...words: string[]) => JSON.parse((await go(...words, '--json')).stdout);
const pair = ['net.json', '--weights', 'net.weights.h5'];

const architecture = {
  class_name: 'Sequential',
  config: {
    name: 'net',
    layers: [
      { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, 3], dtype: 'float32' } },
      { class_name: 'Dense', config: { name: 'y', units: 1, activation: 'linear' } },
    ],
  },
};
const layer = (seed: number) => [weight('y/kernel:0', [3, 1], seed), weight('y/bias:0', [1], seed + 1)];
const rows = [
  [1, 2, 3],
  [0, -1, 0.5],
];
const answers = (seed: number) => {
  const [kernel, bias] = layer(seed);
  return rows.map((row) => dense(row, kernel?.data ?? [], bias?.data ?? [])[0] ?? 0);
};

async function write(seed: number): Promise<void> {
  writeFileSync(at('net.json'), JSON.stringify(architecture));
  await writeKerasHdf5(at('net.weights.h5'), { weights: { y: layer(seed) }, isWeightsOnly: true });
}

beforeAll(async () => {
  await write(1);
  const lines = rows.map((row, index) => `${row.join(',')},${answers(1)[index]}`);
  writeFileSync(at('test.csv'), `a,b,c,y\n${lines.join('\n')}\n`);
});
afterAll(async () => {
  await go('stop', 'net');
  rmSync(cwd, { recursive: true, force: true });
});

async function predictions(url: string): Promise<number[]> {
  const input = { name: 'x', shape: [2, 3], datatype: 'FP32', data: rows.flat() };
  const response = await fetch(`${url}/v2/models/net/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs: [input] }),
  });
  return ((await response.json()) as { outputs: { data: number[] }[] }).outputs[0]?.data ?? [];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    expect(actual[index]).toBeCloseTo(value, 5);
  });
}

describe('weights apart', () => {
  it('without them, every command says which flag names them', async () => {
    for (const words of [['init'], ['inspect'], ['serve', '--port', '0'], ['deploy', '--port', '0']]) {
      const { code, stderr } = await go(words[0] ?? '', 'net.json', ...words.slice(1));
      expect(code).toBe(2);
      expect(stderr).toMatch(/WEIGHTS_NOT_GIVEN.*--weights/s);
    }
  });

  it('a model with its weights inside takes none', async () => {
    writeFileSync(at('iris.h5'), readFileSync('fixtures/demo/iris.h5'));
    for (const command of ['init', 'inspect', 'deploy', 'serve']) {
      const { code, stderr } = await go(command, 'iris.h5', '--weights', 'net.weights.h5');
      expect([command, code]).toEqual([command, 2]);
      expect(stderr).toMatch(/error: USAGE .*weights inside/s);
    }
    const several = await go('serve', 'iris.h5', 'net.json', '--weights', 'net.weights.h5', '--port', '0');
    expect(several.stderr).toMatch(/error: USAGE {2}--weights belongs to one model/);
  });

  it('serve answers what the formula says', async () => {
    const server = await serve(
      { models: ['net.json'], weights: 'net.weights.h5', port: 0 },
      quietContext({ cwd }),
    );
    try {
      expectClose(await predictions(server.url), answers(1));
    } finally {
      await server.close();
    }
  });

  it('init writes them into the manifest, and every command reads them there', async () => {
    expect((await go('init', ...pair, '--data', 'test.csv', '--target', 'y')).code).toBe(0);
    expect(readFileSync(at('mlctl.yaml'), 'utf8')).toMatch(/^model: net\.json\nweights: net\.weights\.h5 /m);
    const named = await json('inspect', ...pair);
    const found = await json('inspect');
    expect(found).toMatchObject({ model: 'net.json', weights: 'net.weights.h5', parameters: 4 });
    expect(found.digest).toBe(named.digest);
    expect((await json('convert')).artifacts[0].parity).toMatchObject({ passed: true });
    expect((await json('convert', 'net.json', '--dry-run')).artifacts[0].parity).toMatchObject({
      passed: true,
    });
    expect((await json('evaluate', '--gate', 'mae<=0.0001')).gates[0]).toMatchObject({ passed: true });
    const { stdout } = await go('predict');
    expectClose(stdout.trim().split('\n').slice(1).map(Number), answers(1));
    const server = await serve({ port: 0, log: false }, quietContext({ cwd }));
    expectClose(await predictions(server.url), answers(1));
    await server.close();
  });

  it('deploy keeps what both files make: versions differ by the weights alone, and outlive the files', async () => {
    const original = readFileSync(at('net.weights.h5'));
    const first = await json('deploy', '--port', '0');
    expect(first).toMatchObject({ version: '1', name: 'net' });
    expectClose(await predictions(first.url), answers(1));
    expect((await json('deploy')).upToDate).toBe(true);

    await write(7);
    expect(await json('deploy')).toMatchObject({ version: '2', previous: '1' });
    expectClose(await predictions(first.url), answers(7));

    rmSync(at('net.weights.h5'));
    rmSync(at('net.json'));
    expect(await json('rollback')).toMatchObject({ from: '2', version: '1' });
    expectClose(await predictions(first.url), answers(1));
    const record = JSON.parse(readFileSync(at('.mlctl/models/net/1/version.json'), 'utf8'));
    // Both files are in the store, as they were deployed.
    const kept = (name: string) => readFileSync(at(`.mlctl/models/net/1/${name}`));
    expect(JSON.parse(kept('architecture.json').toString())).toEqual(architecture);
    expect(kept('weights.h5').equals(original)).toBe(true);
    expect(record.files.map(({ name }: { name: string }) => name)).toEqual([
      'model.onnx',
      'architecture.json',
      'weights.h5',
    ]);
    expect(record.source).toMatchObject({ path: 'net.json', weights: 'net.weights.h5' });
  });

  it('a broken manifest does not keep status NAME and stop NAME from working', async () => {
    appendFileSync(at('mlctl.yaml'), 'evalute: {}\n');
    for (const command of ['status', 'stop']) {
      const unnamed = await go(command);
      expect([unnamed.code, unnamed.stdout]).toEqual([2, '']);
      expect(unnamed.stderr).toContain('error: MANIFEST_INVALID');
    }
    const status = await go('status', 'net');
    expect(status.code).toBe(0);
    expect(status.stdout).toContain('running');
    expect(status.stderr).toMatch(/warning: MANIFEST_INVALID .*left aside/);
    const stopped = await json('stop', 'net', '--config', 'mlctl.yaml');
    expect(stopped).toMatchObject({ name: 'net', stopped: true });
    expect(stopped.diagnostics[0].code).toBe('MANIFEST_INVALID');
  });
});
