// convert --dtype int8: which layers cost most, how that is found in few runs, and what is said of it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { findCostly, type Unit } from '../../src/lifecycle/convert/costly.ts';
import { type ConvertOptions, convert } from '../../src/lifecycle/convert.ts';
import { run } from '../cli/run.ts';

/** A chain; errors add up as squares. Between two that cost together there is a value that costs `between` more. */
function chain(own: readonly number[], between: Readonly<Record<number, number>> = {}) {
  const units: { nodes: string[]; readers: Unit[] }[] = own.map((_, at) => ({
    nodes: [`n${at}`],
    readers: [],
  }));
  for (const [at, unit] of units.entries()) unit.readers.push(...units.slice(at + 1, at + 2));
  const runs = { count: 0 };
  const measure = async (keep: ReadonlySet<string>): Promise<number> => {
    runs.count++;
    const isKept = (at: number) => keep.has(`n${at}`);
    const alone = own.map((cost, at) => (isKept(at) ? 0 : cost ** 2));
    const values = Object.entries(between).map(([at, cost]) =>
      isKept(Number(at)) && isKept(Number(at) + 1) ? 0 : cost ** 2,
    );
    return Math.sqrt([...alone, ...values].reduce((sum, cost) => sum + cost, 0));
  };
  return { units, measure, runs };
}

describe('findCostly', () => {
  it('asks once where the error is negligible', async () => {
    const { units, measure, runs } = chain([0.001, 0.002]);
    expect((await findCostly(units, measure, 64)).layers).toEqual([]);
    expect(runs.count).toBe(1);
  });

  it('names layers worst first, and none where the error is spread', async () => {
    const { units, measure } = chain([0.02, 0.3, 0.01, 0.2, 0.01]);
    const { error, layers } = await findCostly(units, measure, 64);
    expect(error).toBeCloseTo(0.3614, 3);
    expect(layers.map(({ nodes }) => nodes)).toEqual([['n1'], ['n3']]);
    expect(layers[0]?.left).toBeCloseTo(0.2015, 3);
    const spread = chain(Array.from({ length: 30 }, () => 0.05));
    expect((await findCostly(spread.units, spread.measure, 64)).layers).toEqual([]);
  });

  it('names two together where the value between them costs', async () => {
    const { units, measure } = chain([0.02, 0.02, 0.02, 0.02], { 1: 0.5 });
    expect((await findCostly(units, measure, 64)).layers).toMatchObject([{ nodes: ['n1', 'n2'] }]);
  });

  it('finds the worst of many in as many runs as it is given', async () => {
    const { units, measure, runs } = chain(
      Array.from({ length: 200 }, (_, at) => (at === 77 ? 0.5 : at === 150 ? 0.4 : 0.001)),
    );
    const { layers } = await findCostly(units, measure, 40);
    expect(layers.map(({ nodes }) => nodes)).toEqual([['n77'], ['n150']]);
    expect(runs.count).toBeLessThanOrEqual(40);
  });

  it('passes over mixtures that cannot be run', async () => {
    const { units, measure } = chain([0.2, 0.1]);
    const refusing = async (keep: ReadonlySet<string>) =>
      keep.has('n0') ? Number.POSITIVE_INFINITY : measure(keep);
    expect((await findCostly(units, refusing, 64)).layers).toMatchObject([{ nodes: ['n1'] }]);
  });
});

describe('convert --dtype int8', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'costs-'));
    // One column between `grow` and `shrink` is a thousand times as large: of the others, whole numbers leave nothing.
    const b = new GraphBuilder('uneven');
    const numbers = (seed: number) => Array.from({ length: 16 }, (_, at) => Math.sin(seed + at));
    const weights = (name: string, scale: (at: number) => number) =>
      b.constant(
        name,
        float32(
          [4, 4],
          numbers(name.length).map((weight, at) => weight * scale(at)),
        ),
      );
    const x = b.input('x', 'float32', ['batch', 4]);
    const grown = b.add('MatMul', [x, weights('a', (at) => (at % 4 === 0 ? 1000 : 1))], { name: 'grow' });
    const cut = b.add('Relu', [grown], { name: 'cut' });
    const shrunk = b.add('MatMul', [cut, weights('bb', (at) => (at < 4 ? 0.001 : 1))], { name: 'shrink' });
    const made = b.add('MatMul', [b.add('Relu', [shrunk], { name: 'cut2' }), weights('ccc', () => 1)], {
      name: 'last',
    });
    b.output('y', made, 'float32', ['batch', 4]);
    await writeFile(join(folder, 'm.onnx'), await encodeOnnxBytes(b.model({ name: 't', version: '1' })));
    const rows = Array.from({ length: 40 }, (_, row) =>
      Array.from({ length: 4 }, (_, at) => Math.sin(row * 4 + at).toFixed(4)).join(','),
    );
    await writeFile(join(folder, 'rows.csv'), `a,b,c,d\n${rows.join('\n')}\n`);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const go = async (options: ConvertOptions) => {
    const asked = { model: 'm.onnx', to: ['onnx'], output: 'o.onnx', calibration: 'rows.csv', force: true };
    const { result } = await convert(
      { ...asked, dtype: 'int8', tolerance: 1, ...options },
      quietContext({ cwd: folder }),
    );
    return result.artifacts[0];
  };

  it('measures what is left without a layer, which keeping it float32 then leaves', async () => {
    const before = (await go({}))?.precision?.costs;
    expect(before).toMatchObject({ rows: 40, layers: [{ nodes: ['grow', 'cut', 'shrink', 'cut2'] }] });
    const [worst] = before?.layers ?? [];
    expect(before?.error).toBeGreaterThan(0.3);
    expect(worst?.left).toBeLessThan(0.05);
    const after = (await go({ keepFloat32: [...(worst?.nodes ?? [])] }))?.precision?.costs;
    expect(after?.error).toBeCloseTo(worst?.left ?? 0, 12);
  });

  it('measures nothing where nothing is compared, or nodes are put back by themselves', async () => {
    expect((await go({ verify: false }))?.precision).toMatchObject({ costs: null });
    const asked = { model: 'm.onnx', to: ['onnx'], output: 'h.onnx', dtype: 'float16' };
    const { result } = await convert(asked, quietContext({ cwd: folder }));
    expect(result.artifacts[0]?.precision).toMatchObject({ costs: null });
  });

  it('says so where the result is poor, and with --verbose where it is not', async () => {
    const say = async (...more: string[]) => {
      const flags = ['--dtype', 'int8', '--calibration', 'rows.csv', '--tolerance', '1', '-f'];
      const { stdout, stderr } = await run('convert', 'm.onnx', '-o', 'o.onnx', ...flags, ...more, {
        cwd: folder,
      });
      return { stdout, stderr };
    };
    const poor = await say();
    expect(poor.stdout).toMatch(
      /costs\s+outputs off by \d+ % \(40 rows\); kept in float32, a layer would leave/,
    );
    expect(poor.stdout).toContain('try --keep-float32 grow,cut,shrink,cut2');
    const good = await say('--keep-float32', 'grow,cut,shrink,cut2');
    expect(good.stdout).not.toContain('costs');
    expect(good.stderr).not.toContain('LAYER_COSTS');
    expect((await say('--keep-float32', 'grow,cut,shrink,cut2', '-v')).stderr).toContain('LAYER_COSTS');
  });
});
