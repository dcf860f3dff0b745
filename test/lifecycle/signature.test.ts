// A TFLite file with several models by name goes through the whole life: inspect, init, convert, predict, evaluate, serve,
// deploy; the name comes from the flag or from the manifest.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { decodeTflite } from '../../src/formats/tflite/decode.ts';
import { encodeTflite } from '../../src/formats/tflite/encode.ts';
import type { TfliteFile } from '../../src/formats/tflite/records.ts';
import { serve } from '../../src/lifecycle/serve.ts';
import { run } from '../cli/run.ts';

const cwd = mkdtempSync(join(tmpdir(), 'mlctl-signature-'));
const at = (name: string) => join(cwd, name);
const go = (...words: string[]) => run(...words, { cwd });
const json = async (...words: string[]) => JSON.parse((await go(...words, '--json')).stdout);
// What square(x) = x · x answers, in steps of 1/32.
const rows = [
  [0.5, -1],
  [1.5, 0.25],
];
const squares = rows.map((row) => row.map((value) => Math.round(value * value * 32) / 32));

beforeAll(() => {
  copyFileSync('fixtures/formats/tflite/signatures.tflite', at('two.tflite'));
  copyFileSync('fixtures/demo/iris.h5', at('iris.h5'));
  const lines = rows.map((row, index) => [...row, ...(squares[index] ?? [])].join(','));
  writeFileSync(at('rows.csv'), `a,b,c,d\n${lines.join('\n')}\n`);
});
afterAll(async () => {
  await go('stop', 'two');
  rmSync(cwd, { recursive: true, force: true });
});

async function infer(url: string): Promise<number[]> {
  const input = { name: 'x', shape: [2, 2], datatype: 'FP32', data: rows.flat() };
  const response = await fetch(`${url}/v2/models/two/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs: [input] }),
  });
  return ((await response.json()) as { outputs: { data: number[] }[] }).outputs[0]?.data ?? [];
}

async function predicted(...words: string[]): Promise<number[][]> {
  const { stdout } = await go('predict', ...words, '--data', 'rows.csv', '--target', 'c,d');
  const lines = stdout.trim().split('\n').slice(1);
  return lines.map((line) => line.split(',').map(Number));
}

describe('a file with several signatures', () => {
  it('is what the first one is, unless another is named', async () => {
    const first = await go('inspect', 'two.tflite');
    expect(first.stdout).toContain('twice(x) → y; square(x) → z');
    expect(await json('inspect', 'two.tflite')).toMatchObject({ outputs: [{ name: 'y', dtype: 'float32' }] });
    const named = await json('inspect', 'two.tflite', '--signature', 'square');
    expect(named).toMatchObject({ signature: 'square', outputs: [{ name: 'z', dtype: 'int8' }] });
    const { stderr } = await go('inspect', 'two.tflite', '--signature', 'square');
    expect(stderr).toContain('mlctl convert two.tflite --signature square --to onnx');
    expect(await predicted('two.tflite')).toEqual(rows.map((row) => row.map((value) => 2 * value)));
  });

  it.each(['inspect', 'init', 'convert', 'predict', 'evaluate', 'serve', 'deploy'])(
    '%s says which there are, and which formats have none',
    async (command) => {
      const more: Record<string, string[]> = {
        convert: ['--to', 'onnx'],
        predict: ['--data', 'rows.csv'],
        evaluate: ['--data', 'rows.csv', '--target', 'c'],
        serve: ['--port', '0'],
      };
      const unknown = await go(command, 'two.tflite', '--signature', 'sqare', ...(more[command] ?? []));
      expect(unknown.code).toBe(2);
      expect(unknown.stderr).toMatch(
        /error: SIGNATURE_UNKNOWN {2}two\.tflite has no signature named sqare\nhint: it has twice, square/,
      );
      const none = await go(command, 'iris.h5', '--signature', 'square', ...(more[command] ?? []));
      expect(none.code).toBe(2);
      expect(none.stderr).toMatch(/error: USAGE {2}--signature is not for Keras .* has no signatures/);
    },
  );

  it('serves one at a time', async () => {
    const words = ['serve', 'a=two.tflite', 'b=two.tflite', '--signature', 'square', '--port', '0'];
    expect((await go(...words)).stderr).toMatch(/error: USAGE {2}--signature belongs to one model/);
  });

  it('convert writes the one that is named', async () => {
    for (const output of ['square.onnx', 'square.tflite']) {
      const made = await json('convert', 'two.tflite', '--signature', 'square', '-o', output);
      expect(made.artifacts[0].parity).toMatchObject({ passed: true });
      expect(await json('inspect', output)).toMatchObject({ outputs: [{ name: 'z' }] });
    }
  });

  it('predict and evaluate run it, in LiteRT or through its graph', async () => {
    expect(await predicted('two.tflite', '--signature', 'square')).toEqual(squares);
    expect(await predicted('two.tflite', '--signature', 'square', '--runtime', 'onnxruntime')).toEqual(
      squares,
    );
    const words = ['--data', 'rows.csv', '--target', 'c,d', '--gate', 'mae<=0.0001'];
    expect((await go('evaluate', 'two.tflite', '--signature', 'square', ...words)).code).toBe(0);
    expect((await go('evaluate', 'two.tflite', ...words)).code).toBe(1);
  });

  it('serve answers with it, from the flag and from the manifest that init writes', async () => {
    const context = quietContext({ cwd });
    const named = await serve({ models: ['two.tflite'], signature: 'square', port: 0 }, context);
    expect(await infer(named.url)).toEqual(squares.flat());
    await named.close();
    const words = ['--data', 'rows.csv', '--target', 'c'];
    expect((await go('init', 'two.tflite', '--signature', 'square', ...words)).code).toBe(0);
    expect(readFileSync(at('mlctl.yaml'), 'utf8')).toMatch(/^signature:\n {2}name: square /m);
    expect(await json('inspect')).toMatchObject({ signature: 'square', outputs: [{ name: 'z' }] });
    const found = await serve({ port: 0, log: false }, context);
    expect(await infer(found.url)).toEqual(squares.flat());
    await found.close();
    // Another file is not what the manifest speaks of.
    expect(await json('inspect', 'square.onnx', '--config', 'mlctl.yaml')).not.toHaveProperty('signature');
  });

  it('deploy keeps the name with the file, and another name is another version', async () => {
    const first = await json('deploy', '--port', '0');
    expect(first).toMatchObject({ version: '1' });
    expect(await infer(first.url)).toEqual(squares.flat());
    expect((await json('deploy')).upToDate).toBe(true);
    expect(await json('deploy', '--signature', 'twice')).toMatchObject({ version: '2', previous: '1' });
    expect(await infer(first.url)).toEqual(rows.flat().map((value) => 2 * value));
    expect(await json('rollback')).toMatchObject({ version: '1' });
    expect(await infer(first.url)).toEqual(squares.flat());
    const record = JSON.parse(readFileSync(at('.mlctl/models/two/1/version.json'), 'utf8'));
    expect(record).toMatchObject({ format: 'tflite', source: { signature: 'square' } });
  });

  it('a deployment through the graph takes real numbers for whole ones, as serve does', async () => {
    const quantization = { scale: [1 / 32], zeroPoint: [0], axis: 0 };
    const tensor = (name: string) => ({
      name,
      type: 'int8' as const,
      shape: [1, 2],
      shapeSignature: [-1, 2],
      quantization,
    });
    const [operator] = decodeTflite(readFileSync(at('two.tflite')), 'two').subgraphs[1]?.operators ?? [];
    if (operator === undefined) throw new Error('no operator');
    const kept: TfliteFile = {
      version: 3,
      description: '',
      metadata: [],
      signatures: [],
      subgraphs: [
        {
          name: 'main',
          // LiteRT refuses tensors that keep their values.
          tensors: [tensor('x'), tensor('z'), { ...tensor('kept'), isVariable: true }],
          inputs: [0],
          outputs: [1],
          operators: [operator],
        },
      ],
    };
    writeFileSync(at('two-kept.tflite'), Buffer.concat(encodeTflite(kept)));
    const words = ['two-kept.tflite', '--name', 'two', '--port', '0'];
    const deployed = await json('deploy', ...words);
    expect(JSON.stringify(deployed.diagnostics)).toContain('RUNTIME_DETOUR');
    expect(await infer(deployed.url)).toEqual(squares.flat());
  });

  it('the manifest tells a name from a typo', async () => {
    const text = readFileSync(at('mlctl.yaml'), 'utf8');
    writeFileSync(at('typo.yaml'), text.replace('  name: square', '  nam: square'));
    expect((await go('inspect', '-c', 'typo.yaml')).stderr).toMatch(
      /unknown key signature\.nam; did you mean name\?/,
    );
  });
});
