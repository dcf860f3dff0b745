// convert --dtype on real files: sizes, closeness, what is kept and why, and what is refused.

import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import onnx from '../../src/formats/onnx/index.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { findCulprits } from '../../src/lifecycle/convert/culprits.ts';
import { type ConvertOptions, convert } from '../../src/lifecycle/convert.ts';
import { inspect } from '../../src/lifecycle/inspect.ts';
import { run } from '../cli/run.ts';

const demo = resolve('fixtures/demo');
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dtype-'));
  for (const name of ['iris.h5', 'digits.h5', 'train.csv'])
    await copyFile(join(demo, name), join(folder, name));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = () => quietContext({ cwd: folder });
const go = async (options: ConvertOptions) => {
  const { result } = await convert({ model: 'iris.h5', to: ['onnx'], ...options }, context());
  const [artifact] = result.artifacts;
  if (!artifact) throw new Error('no artifact');
  return artifact;
};

const inspected = (model: string) => inspect({ model }, context());

/** x → 2000 x → e^(that / 1000) → y: the middle overflows for large x only. */
async function scaled(): Promise<void> {
  const b = new GraphBuilder('scaled');
  const x = b.input('x', 'float32', ['batch', 2]);
  const large = b.add('Mul', [x, b.number('k', 20000)], { name: 'large' });
  const small = b.add('Mul', [large, b.number('r', 1 / 20000)], { name: 'small' });
  b.output('y', b.add('Exp', [small], { name: 'exp' }), 'float32', ['batch', 2]);
  await writeFile(join(folder, 'scaled.onnx'), await encodeOnnxBytes(b.model({ name: 't', version: '1' })));
}

describe('--dtype float16', () => {
  it('halves the file, stays close, and says what it did', async () => {
    const whole = await go({ model: 'digits.h5', output: 'a.onnx' });
    const half = await go({ model: 'digits.h5', output: 'b.onnx', dtype: 'float16' });
    expect(whole.precision).toBe(null);
    expect(half.precision).toMatchObject({ dtype: 'float16', kept: [], calibration: null });
    expect(half.precision?.nodes).toBeGreaterThan(4);
    expect(half.bytes / whole.bytes).toBeLessThan(0.72);
    expect(half.parity).toMatchObject({ passed: true, tolerance: 1e-2 });
    expect(half.parity?.maxRel).toBeGreaterThan(1e-7);
    expect(half.parity?.top1).toBeGreaterThanOrEqual(0.99);
    const { graph } = await onnx.read(join(folder, 'b.onnx'), context());
    for (const name of [...graph.inputs, ...graph.outputs])
      expect(graph.types.get(name)).toMatchObject({ dtype: 'float32' });
    expect(graph.nodes.filter(({ opType }) => opType === 'Cast')).toHaveLength(2);
  });

  it('writes the same bytes twice', async () => {
    await go({ dtype: 'float16', output: 'a.onnx' });
    const again = await go({ dtype: 'float16', output: 'a.onnx' });
    expect(again.state).toBe('same');
  });

  it('keeps what made-up inputs show to be too large', async () => {
    await scaled();
    const { precision, parity } = await go({ model: 'scaled.onnx', output: 'b.onnx', dtype: 'float16' });
    expect(precision?.kept).toMatchObject([
      { node: 'large', opType: 'Mul', reason: 'range' },
      { node: 'small', opType: 'Mul', reason: 'range' },
    ]);
    expect(parity?.passed).toBe(true);
  });

  it('believes real data over made-up inputs', async () => {
    await scaled();
    await writeFile(join(folder, 'small.csv'), 'a,b\n0.001,0.002\n-0.003,0.004\n');
    const options = { model: 'scaled.onnx', output: 'b.onnx', dtype: 'float16', calibration: 'small.csv' };
    const { precision, parity } = await go(options);
    expect(precision?.kept).toEqual([]);
    expect(precision?.calibration).toMatchObject({ data: 'small.csv', rows: 2, method: 'minmax' });
    expect(parity?.samples).toBe(2);
  });

  it('keeps layers by name, and refuses names that are not there', async () => {
    const { graph } = await onnx.read(join(folder, (await go({ output: 'a.onnx' })).path), context());
    const [node] = graph.nodes;
    const layer = node?.name.split('/')[0] ?? '';
    const { precision } = await go({ dtype: 'float16', output: 'b.onnx', keepFloat32: [layer] });
    expect(precision?.kept.map(({ reason }) => reason)).toContain('asked');
    await expect(go({ dtype: 'float16', output: 'c.onnx', keepFloat32: ['nope'] })).rejects.toThrow(
      /no node or layer/,
    );
  });

  it('is read from the manifest', async () => {
    const manifest = `apiVersion: mlctl/v1
name: iris
model: iris.h5
convert:
  - { to: onnx }
  - { to: onnx, output: half.onnx, compress: { quantize: float16, calibration: train.csv, samples: 20 } }
evaluate: { target: species }
`;
    await writeFile(join(folder, 'mlctl.yaml'), manifest);
    const { result } = await convert({}, context());
    expect(result.artifacts.map(({ precision }) => precision?.dtype ?? null)).toEqual([null, 'float16']);
    expect(result.artifacts[1]?.precision?.calibration).toMatchObject({ rows: 20, data: 'train.csv' });
  });

  it('is a flag, checked like any other', async () => {
    const shown = await run('convert', 'iris.h5', '--to', 'onnx', '--dtype', 'float16', { cwd: folder });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/numbers\s+float16 in \d+ nodes/);
    const typo = await run('convert', 'iris.h5', '--to', 'onnx', '--dtype', 'float61', { cwd: folder });
    expect([typo.code, typo.stderr.includes('did you mean float16')]).toEqual([2, true]);
    const alone = await run('convert', 'iris.h5', '--to', 'onnx', '--calibration', 'train.csv', {
      cwd: folder,
    });
    expect([alone.code, alone.stderr.includes('--dtype')]).toEqual([2, true]);
    expect(await readFile(join(folder, 'iris.onnx'))).toBeTruthy();
  });
});

describe('findCulprits', () => {
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
  /** Errors add up; `own` is what a node contributes when it is not kept. */
  const measure = (own: (node: string) => number) => {
    const runs = { count: 0 };
    return {
      runs,
      measure: async (keep: ReadonlySet<string>) => {
        runs.count++;
        return names.reduce((sum, node) => sum + (keep.has(node) ? 0 : own(node)), 0);
      },
    };
  };

  it('asks once when nothing is wrong', async () => {
    const { runs, measure: ask } = measure(() => 1e-5);
    expect((await findCulprits(names, ask, 1e-2)).size).toBe(0);
    expect(runs.count).toBe(1);
  });

  it('finds the few that matter, exactly', async () => {
    const guilty = new Set(['n3', 'n4', 'n77']);
    const { runs, measure: ask } = measure((node) => (guilty.has(node) ? 0.5 : 1e-5));
    expect(new Set((await findCulprits(names, ask, 1e-2)).keys())).toEqual(guilty);
    expect(runs.count).toBeLessThan(50);
  });

  it('finds one that makes the comparison impossible', async () => {
    const { measure: ask } = measure((node) => (node === 'n50' ? Number.POSITIVE_INFINITY : 0));
    expect([...(await findCulprits(names, ask, 1e-2)).keys()]).toEqual(['n50']);
  });

  it('ends within its budget when everybody is a little guilty', async () => {
    const { runs, measure: ask } = measure(() => 1e-2);
    const kept = await findCulprits(names, ask, 1e-1);
    expect(100 - kept.size).toBeLessThanOrEqual(10);
    expect(runs.count).toBeLessThan(100);
  });
});

describe('--dtype int8', () => {
  it('asks for data, and is judged on it', async () => {
    await expect(go({ dtype: 'int8' })).rejects.toMatchObject({ code: 'CALIBRATION_MISSING' });
    for (const calibrationMethod of ['minmax', 'percentile', 'entropy']) {
      const options = {
        dtype: 'int8',
        calibration: 'train.csv',
        calibrationMethod,
        output: 'c.onnx',
        force: true,
      };
      const { precision, parity, state } = await go(options);
      expect(state).not.toBe('rejected');
      expect(precision).toMatchObject({
        dtype: 'int8',
        calibration: { method: calibrationMethod, data: 'train.csv' },
      });
      expect(parity?.samples).toBe(precision?.calibration?.rows);
      expect(parity?.top1).toBeGreaterThan(0.95);
    }
  });

  it('takes images from an IDX file, and is smaller', async () => {
    const whole = await go({ model: 'digits.h5', output: 'a.onnx' });
    await copyFile(join(demo, 'digits-test-images.idx3-ubyte'), join(folder, 'images.idx3-ubyte'));
    const options = { model: 'digits.h5', dtype: 'int8', calibration: 'images.idx3-ubyte', scale: 1 / 255 };
    const small = await go({ ...options, output: 'b.onnx' });
    const again = await go({ ...options, output: 'c.onnx' });
    expect(again.sha256).toBe(small.sha256);
    expect(small.precision?.nodes).toBeGreaterThan(4);
    expect(small.parity?.top1).toBeGreaterThan(0.95);
    const { graph } = await onnx.read(join(folder, 'b.onnx'), context());
    const bytes = (kind: string) =>
      [...graph.initializers.values()]
        .filter(({ dtype }) => dtype === kind)
        .reduce((n, { data }) => n + data.length, 0);
    expect(bytes('int8')).toBeGreaterThan(5 * bytes('float32'));
    expect(whole.bytes).toBeGreaterThan(0);
  });

  it('dynamic-int8 of a model without large weights changes nothing, and says so', async () => {
    const { stdout } = await run(
      'convert',
      'iris.h5',
      '--to',
      'tflite',
      '-o',
      'tiny.tflite',
      '--dtype',
      'dynamic-int8',
      { cwd: folder },
    );
    expect(stdout).toContain('dynamic-int8 changes nothing: no node has weights it would make smaller');
  });

  it('dynamic-int8 needs no data', async () => {
    const { precision, parity } = await go({ model: 'digits.h5', dtype: 'dynamic-int8', output: 'd.onnx' });
    expect(precision?.calibration).toBe(null);
    expect(parity?.passed).toBe(true);
  });

  it.each([
    ['onnx', 'int8'],
    ['onnx', 'uint8'],
    ['tflite', 'int8'],
    ['tflite', 'uint8'],
  ])('%s takes and gives %s where asked, and is judged in real numbers', async (to, ioDtype) => {
    const options = { to: [to], dtype: 'int8', calibration: 'train.csv', ioDtype };
    const { state, parity, path } = await go({ ...options, output: `io.${to}` });
    expect(state).toBe('written');
    expect(parity?.top1).toBeGreaterThan(0.95);
    expect(parity?.maxAbs).toBeLessThan(0.1);
    const { inputs, outputs } = await inspected(path);
    for (const { dtype } of [...inputs, ...outputs]) expect(dtype).toBe(ioDtype);
    const asked = ['evaluate', `io.${to}`, '--data', 'train.csv', '--target', 'species', '--json'];
    const { stdout } = await run(...asked, { cwd: folder });
    expect(JSON.parse(stdout).metrics.accuracy).toBeGreaterThan(0.9);
  });

  it('takes the type of inputs and outputs from the manifest, and refuses one that the numbers do not have', async () => {
    const compress = '{ quantize: int16x8, calibration: train.csv, ioDtype: int16 }';
    await writeFile(
      join(folder, 'mlctl.yaml'),
      `apiVersion: mlctl/v1\nname: iris\nmodel: iris.h5\nconvert:\n  - { to: tflite, output: m.tflite, compress: ${compress} }\n`,
    );
    await convert({}, context());
    const { inputs } = await inspected('m.tflite');
    expect(inputs).toMatchObject([{ dtype: 'int16' }]);
    const refused = go({ output: 'c.onnx', dtype: 'int8', calibration: 'train.csv', ioDtype: 'int16' });
    await expect(refused).rejects.toMatchObject({ code: 'USAGE' });
    await expect(go({ output: 'c.onnx', ioDtype: 'int8' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('accepts a model of codes in a runtime that rounds its own way, and is strict elsewhere', async () => {
    await go({ to: ['tflite'], output: 'a.tflite', dtype: 'int8', calibration: 'train.csv' });
    const copy = await go({ model: 'a.tflite', to: ['tflite'], output: 'b.tflite' });
    expect(copy).toMatchObject({ state: 'written', parity: { tolerance: 1 } });
    const graph = await go({ model: 'a.tflite', output: 'b.onnx' });
    expect(graph).toMatchObject({ state: 'written', parity: { tolerance: 1e-4 } });
    const asked = await go({ model: 'a.tflite', to: ['tflite'], output: 'c.tflite', tolerance: 1e-9 });
    expect(asked.parity?.tolerance).toBe(1e-9);
    const b = new GraphBuilder('product');
    const w = float32(
      [64, 64],
      Float32Array.from({ length: 4096 }, (_, at) => Math.sin(at)),
    );
    const x = b.input('x', 'float32', ['batch', 64]);
    b.output('y', b.add('MatMul', [x, b.constant('w', w)], { name: 'product' }), 'float32', ['batch', 64]);
    await writeFile(join(folder, 'h.onnx'), await encodeOnnxBytes(b.model({ name: 't', version: '1' })));
    await go({ model: 'h.onnx', to: ['tflite'], output: 'h.tflite', dtype: 'dynamic-int8' });
    const hybrid = await go({ model: 'h.tflite', to: ['tflite'], output: 'i.tflite' });
    expect(hybrid).toMatchObject({ state: 'written', parity: { tolerance: 0.1 } });
  });
});
