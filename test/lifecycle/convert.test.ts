// convert on real files in a folder of its own: what is written, what is refused, and that nothing half-done is left.

import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Context, quietContext } from '../../src/context.ts';
import type { Diagnostic } from '../../src/diagnostics.ts';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import onnx from '../../src/formats/onnx/index.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { checkTarget, stageArtifact, writeArtifact } from '../../src/lifecycle/artifact.ts';
import { type ConvertOptions, convert } from '../../src/lifecycle/convert.ts';
import { inspect } from '../../src/lifecycle/inspect.ts';
import { run } from '../cli/run.ts';

const demo = resolve('fixtures/demo');
let folder = '';
let findings: Diagnostic[] = [];
let context: Context = quietContext();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-'));
  await copyFile(join(demo, 'iris.h5'), join(folder, 'iris.h5'));
  findings = [];
  context = quietContext({ cwd: folder, diagnose: (finding) => findings.push(finding) });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const go = async (options: ConvertOptions) =>
  (await convert({ model: 'iris.h5', to: ['onnx'], ...options }, context)).result;
const sha256 = async (name: string) =>
  createHash('sha256')
    .update(await readFile(join(folder, name)))
    .digest('hex');
const files = async () => (await readdir(folder)).sort();

/** An ONNX model whose weights the test chooses. */
async function tiny(name: string, weights: number[]): Promise<void> {
  const b = new GraphBuilder('tiny');
  const x = b.input('x', 'float32', ['batch', 2]);
  const w = b.constant('w', float32([2, 2], weights));
  b.output('y', b.add('MatMul', [x, w], { name: 'dense_7' }), 'float32', ['batch', 2]);
  await writeFile(join(folder, name), await encodeOnnxBytes(b.model({ name: 't', version: '1' })));
}

describe('convert', () => {
  it('writes the artifact and reports on it', async () => {
    const result = await go({});
    expect(await files()).toEqual(['iris.h5', 'iris.onnx']);
    expect(Object.keys(result).sort()).toEqual(
      ['artifacts', 'digest', 'format', 'model', 'passed', 'passes', 'sourceBytes'].sort(),
    );
    const [artifact] = result.artifacts;
    expect(Object.keys(artifact ?? {}).sort()).toEqual(
      [
        'bytes',
        'companions',
        'format',
        'formatVersion',
        'operators',
        'parity',
        'path',
        'precision',
        'sha256',
        'state',
        'transposes',
      ].sort(),
    );
    expect(result.digest).toBe(await sha256('iris.h5'));
    expect(artifact?.sha256).toBe(await sha256('iris.onnx'));
    expect(artifact).toMatchObject({
      path: 'iris.onnx',
      format: 'onnx',
      formatVersion: 'opset 18, IR 8',
      bytes: (await readFile(join(folder, 'iris.onnx'))).length,
      state: 'written',
      transposes: { remaining: 0 },
      parity: { passed: true, samples: 16, top1: 1 },
    });
    expect(artifact?.parity?.maxRel).toBeLessThan(1e-6);
    expect(artifact?.operators.after).toBeLessThan(artifact?.operators.before ?? 0);
  });

  it('gives the same bytes and the same report each time', async () => {
    const first = await go({ output: 'a.onnx' });
    const second = await go({ output: 'b.onnx' });
    expect(await sha256('a.onnx')).toBe(await sha256('b.onnx'));
    expect(JSON.stringify(second).replaceAll('b.onnx', 'a.onnx')).toBe(JSON.stringify(first));
  });

  it('says when nothing changed, and replaces other content only by force', async () => {
    await go({});
    expect((await go({})).artifacts[0]?.state).toBe('same');
    await writeFile(join(folder, 'iris.onnx'), 'something else');
    await expect(go({})).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(await readFile(join(folder, 'iris.onnx'), 'utf8')).toBe('something else');
    expect((await go({ force: true })).artifacts[0]?.state).toBe('written');
    expect(await files()).toEqual(['iris.h5', 'iris.onnx']);
  });

  it('never overwrites the model itself, whatever link leads there', async () => {
    await go({});
    const before = await sha256('iris.onnx');
    await symlink('iris.onnx', join(folder, 'soft.onnx'));
    await link(join(folder, 'iris.onnx'), join(folder, 'hard.onnx'));
    for (const output of ['iris.onnx', './iris.onnx', 'soft.onnx', 'hard.onnx']) {
      await expect(go({ model: 'iris.onnx', output, force: true })).rejects.toMatchObject({
        code: 'OUTPUT_IS_INPUT',
      });
    }
    expect(await sha256('iris.onnx')).toBe(before);
  });

  it('refuses places it cannot write to, before any work', async () => {
    await mkdir(join(folder, 'taken.onnx'));
    for (const output of ['missing/a.onnx', 'iris.h5/a.onnx', '/dev/null']) {
      await expect(go({ output, force: true })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    }
    await expect(checkTarget(join(folder, 'taken.onnx'))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    expect(await files()).toEqual(['iris.h5', 'taken.onnx']);
  });

  it('writes into a folder, and takes the format from the name', async () => {
    await mkdir(join(folder, 'out'));
    expect((await go({ output: 'out' })).artifacts[0]?.path).toBe(join('out', 'iris.onnx'));
    expect((await go({ to: [], output: 'named.onnx' })).artifacts[0]?.format).toBe('onnx');
  });

  it('asks for a format, and suggests the nearest', async () => {
    await expect(go({ to: [] })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(go({ to: ['onx'] })).rejects.toMatchObject({ code: 'USAGE', hint: 'did you mean onnx?' });
    await expect(go({ to: ['keras'] })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(go({ to: ['onnx', 'onnx'] })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each([
    ['a text file', 'hello, I am not a model\n', 'FORMAT_UNKNOWN'],
    ['an empty file', '', 'FORMAT_UNKNOWN'],
    ['nothing at all', undefined, 'FILE_NOT_FOUND'],
  ])('leaves nothing behind after %s', async (_, content, code) => {
    if (content !== undefined) await writeFile(join(folder, 'bad.h5'), content);
    const before = await files();
    await expect(go({ model: 'bad.h5' })).rejects.toMatchObject({ code });
    expect(await files()).toEqual(before);
  });

  it('leaves nothing behind after a file cut at any place', async () => {
    await go({});
    const names = ['iris.h5', 'iris.onnx'];
    for (const name of names) {
      const whole = await readFile(join(folder, name));
      for (const share of [0.1, 0.5, 0.9, 0.999]) {
        await writeFile(join(folder, 'cut'), whole.subarray(0, Math.floor(whole.length * share)));
        const attempt = await go({ model: 'cut', output: 'cut.onnx' }).catch((error: unknown) => error);
        expect((attempt as { code?: string }).code).toMatch(/^[A-Z_]+$/);
        expect(await files()).toEqual(['cut', 'iris.h5', 'iris.onnx']);
      }
    }
  });

  it('does not put an artifact in place that is out of tolerance', async () => {
    await copyFile(join(demo, 'digits.h5'), join(folder, 'digits.h5'));
    const result = await go({ model: 'digits.h5', tolerance: 1e-12 });
    expect(result.passed).toBe(false);
    const [artifact] = result.artifacts;
    expect(artifact).toMatchObject({ state: 'rejected', parity: { passed: false, tolerance: 1e-12 } });
    expect(artifact?.parity?.firstDivergence?.opType).toMatch(/^[A-Z]/);
    expect(await files()).toEqual(['digits.h5', 'iris.h5']);
  });

  it('names layers with weights that are not numbers', async () => {
    await tiny('broken.onnx', [1, Number.NaN, Number.POSITIVE_INFINITY, 2]);
    const result = await go({ model: 'broken.onnx', output: 'out.onnx' });
    expect(result.artifacts[0]?.parity?.passed).toBe(true);
    expect(findings.filter(({ code }) => code === 'WEIGHTS_NOT_FINITE')).toMatchObject([
      { severity: 'warning', args: { layers: ['dense_7'], nan: 1, infinite: 1 } },
    ]);
  });

  it('writes the graph as read when asked, and checks nothing when asked', async () => {
    const plain = await go({ optimize: false, verify: false });
    expect(plain.artifacts[0]?.operators.after).toBe(plain.artifacts[0]?.operators.before);
    expect(plain.artifacts[0]?.parity).toBeNull();
  });

  it('counts the operators of the written file, at the lowest opset that says them', async () => {
    const b = new GraphBuilder('gelu');
    const x = b.input('x', 'float32', ['batch', 4]);
    b.output('y', b.add('Gelu', [x], { name: 'gelu' }), 'float32', ['batch', 4]);
    await writeFile(join(folder, 'gelu.onnx'), await encodeOnnxBytes(b.model({ name: 't', version: '1' })));
    const given = { model: 'gelu.onnx', output: 'out.onnx', force: true };
    const [whole] = (await go(given)).artifacts;
    expect(whole).toMatchObject({ formatVersion: 'opset 20, IR 9', operators: { before: 2, after: 1 } });
    const [spelled] = (await go({ ...given, opset: 17 })).artifacts;
    const held = (await inspect({ model: 'out.onnx' }, context)).operators;
    const total = Object.values(held).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(1);
    expect(spelled).toMatchObject({
      formatVersion: 'opset 17, IR 8',
      operators: { before: 2, after: total },
    });
    expect(spelled?.parity?.passed).toBe(true);
  });

  it('writes nothing on a dry run', async () => {
    const result = await go({ dryRun: true });
    expect(result.artifacts[0]).toMatchObject({ state: 'planned', parity: { passed: true } });
    expect(await files()).toEqual(['iris.h5']);
    const written = await go({});
    expect(written.artifacts[0]?.sha256).toBe(result.artifacts[0]?.sha256);
  });

  it('stops when interrupted, at whatever step', async () => {
    for (const stopAt of ['Reading', 'Running', 'Rewriting', 'Writing', 'Comparing']) {
      const controller = new AbortController();
      const reason = new Error('stop');
      const stopping = quietContext({
        cwd: folder,
        signal: controller.signal,
        progress: {
          step(text) {
            if (text.startsWith(stopAt)) controller.abort(reason);
            return { update() {}, end() {} };
          },
        },
      });
      await expect(convert({ model: 'iris.h5', to: ['onnx'] }, stopping)).rejects.toBe(reason);
      expect(await files()).toEqual(['iris.h5']);
    }
  });

  it('follows the manifest, and flags override it', async () => {
    await writeFile(
      join(folder, 'mlctl.yaml'),
      'apiVersion: mlctl/v1\nname: flowers\nmodel: iris.h5\nconvert:\n  - { to: onnx }\n  - { to: onnx, output: second.onnx, verify: false }\n',
    );
    const { result } = await convert({}, context);
    expect(result.artifacts.map(({ path, parity }) => [path, parity === null])).toEqual([
      ['flowers.onnx', false],
      ['second.onnx', true],
    ]);
    expect((await convert({ to: ['onnx'] }, context)).result.artifacts.map(({ path }) => path)).toEqual([
      'iris.onnx',
    ]);
  });
});

const corpus = process.env.MLCTL_CORPUS;

describe.skipIf(corpus === undefined)('convert on the corpus (set MLCTL_CORPUS to run)', () => {
  it('tells rounding of the runtime from a wrong conversion', async () => {
    const candy = join(corpus ?? '', 'onnx/winml/candy.onnx');
    const result = await go({ model: candy, output: 'candy.onnx', samples: 1 });
    expect(result.artifacts[0]?.parity).toMatchObject({ passed: true });
    expect(findings).toEqual([]);
    // Nearly one colour all over, which it then normalizes.
    const { graph, ...rest } = await onnx.read(candy, quietContext());
    const [input = ''] = graph.inputs;
    const [first, ...nodes] = graph.nodes;
    if (first === undefined) throw new Error('no nodes');
    const narrow = { ...first, name: 'narrow', opType: 'Abs', inputs: [input], outputs: ['narrow'] };
    const scaled = { ...first, inputs: ['narrow', ...first.inputs.slice(1)] };
    graph.nodes = [{ ...narrow, attributes: new Map() }, scaled, ...nodes];
    await writeFile(join(folder, 'even.onnx'), await encodeOnnxBytes({ graph, ...rest }));
    const even = await go({ model: 'even.onnx', output: 'again.onnx', samples: 1 });
    expect(even.artifacts[0]?.parity).toMatchObject({ passed: true });
    expect(findings.map(({ code }) => code)).toEqual(['RUNTIME_ROUNDING']);
  });

  it('finds inputs that a model of windows and modes accepts', async () => {
    const model = join(corpus ?? '', 'onnx/silero-vad/silero_vad.onnx');
    expect((await go({ model, output: 'vad.onnx', samples: 2 })).passed).toBe(true);
  });
});

describe('artifacts', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('puts companions in place first and all or none', async () => {
    const path = join(folder, 'm.onnx');
    const parts = [
      { name: 'm.onnx', chunks: [bytes('mo'), bytes('del')] },
      { name: 'm.onnx.data', chunks: [bytes('weights')] },
    ];
    const staged = await stageArtifact(path, parts);
    expect(await readFile(staged.stagedPath, 'utf8')).toBe('model');
    expect(await staged.place({ force: false })).toBe('written');
    await staged.discard();
    expect(await files()).toEqual(['iris.h5', 'm.onnx', 'm.onnx.data']);
    // A companion of another model in the way stops both.
    await rm(path);
    await writeFile(join(folder, 'm.onnx.data'), 'other');
    await expect(writeArtifact(path, parts, { force: false })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(await files()).toEqual(['iris.h5', 'm.onnx.data']);
  });

  it('never writes outside the folder, whatever a writer calls its files', async () => {
    const inner = join(folder, 'inner');
    await mkdir(inner);
    await writeArtifact(
      join(inner, 'm'),
      [
        { name: 'm', chunks: [] },
        { name: '../escaped', chunks: [] },
      ],
      { force: false },
    );
    expect(await readdir(inner)).toEqual(['escaped', 'm']);
    expect(await files()).toEqual(['inner', 'iris.h5']);
  });
});

describe('mlctl convert', () => {
  it('prints what was made and the next command', async () => {
    const { code, stdout, stderr } = await run('convert', 'iris.h5', '--to', 'onnx', { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^iris\.onnx {2}[\d.]+ kB \(−\d+ %\) {2}max \|Δ\| \S+ over 16 samples\noperators\t\d+ → \d+\nformat\topset 18, IR 8\n$/,
    );
    expect(stderr).toContain('Next: mlctl evaluate iris.onnx');
  });

  it('exits with 1 and names the layer when out of tolerance', async () => {
    const { code, stdout } = await run(
      'convert',
      join(demo, 'digits.h5'),
      '--to',
      'onnx',
      '--tolerance',
      '1e-12',
      { cwd: folder },
    );
    expect(code).toBe(1);
    expect(stdout).toContain('out of tolerance');
    expect(stdout).toMatch(/first divergence\tlayer "\w+" max \|Δ\| \S+ \(\S+ of its scale\)/);
    expect(await files()).toEqual(['iris.h5']);
  });

  it('writes the artifact to standard output, byte for byte', async () => {
    const { code, stdout, stderr } = await run('convert', 'iris.h5', '--to', 'onnx', '-o', '-', {
      cwd: folder,
    });
    await go({});
    expect(code).toBe(0);
    expect(Buffer.from(stdout, 'latin1').equals(await readFile(join(folder, 'iris.onnx')))).toBe(true);
    expect(stderr).toContain('max |Δ|');
  });

  it('does not mix an artifact with anything else', async () => {
    const words = ['convert', 'iris.h5', '--to', 'onnx', '-o', '-'];
    expect((await run(...words, '--json', { cwd: folder })).code).toBe(2);
    expect((await run(...words, { cwd: folder, isTTY: true })).code).toBe(2);
  });

  it('prints one JSON document', async () => {
    const { stdout } = await run('convert', 'iris.h5', '--to', 'onnx', '--json', { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'mlctl/convert@1',
      artifacts: [{ path: 'iris.onnx', transposes: { remaining: 0 }, parity: { passed: true } }],
    });
  });

  it('prints only the path when quiet', async () => {
    const { stdout, stderr } = await run('convert', 'iris.h5', '--to', 'onnx', '--quiet', { cwd: folder });
    expect([stdout, stderr]).toEqual(['iris.onnx\n', '']);
  });
});
