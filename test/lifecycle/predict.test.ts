// predict: columns, labels, formats, and the same feeding as evaluate.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeNpy } from '../../src/encoding/npy.ts';
import { type Predicted, type PredictOptions, predict } from '../../src/lifecycle/predict.ts';
import { temporaryFolder } from '../datasets/folder.ts';
import { argmax, through, writeModel } from './evaluate-models.ts';

const folder = temporaryFolder();
let three = '';
beforeAll(async () => {
  three = await through(folder.path, ['batch', 3]);
});

const data = 'a,b,c\n0.7,0.2,0.1\n0.1,0.8,0.1\n';

async function said(options: PredictOptions, content = data): Promise<string> {
  const { content: chunks } = await predict(
    { model: three, data: folder.write('p.csv', content), ...options },
    folder.context,
  );
  return chunks.join('');
}

describe('columns', () => {
  it('numbers by position', async () => {
    expect(await said({})).toBe('y_0,y_1,y_2\n0.7,0.2,0.1\n0.1,0.8,0.1\n');
  });

  it('label and scores where classes have names', async () => {
    expect(await said({ classes: ['ant', 'bee, big', 'cat'] })).toBe(
      'label,score_ant,"score_bee, big",score_cat\nant,0.7,0.2,0.1\n"bee, big",0.1,0.8,0.1\n',
    );
  });

  it('one score for two classes', async () => {
    const model = await through(folder.path, ['batch', 1]);
    const options = { model, classes: ['no', 'yes'] };
    expect(await said(options, 'p\n0.5\n0.75\n')).toBe('label,score_yes\nno,0.5\nyes,0.75\n');
    expect(await said({ ...options, threshold: 0.4 }, 'p\n0.5\n')).toBe('label,score_yes\nyes,0.5\n');
  });

  it('classes without scores, several outputs', async () => {
    expect(await said({ model: await argmax(folder.path, 3) })).toBe('class\n0\n1\n');
    const model = await writeModel(
      folder.path,
      'two',
      [{ name: 'x', shape: ['batch', 3] }],
      (b, [x = '']) => {
        b.output('same', x, 'float32', ['batch', 3]);
        b.output('sum', b.add('ReduceSum', [x]), 'float32', [1, 1]);
      },
    );
    await expect(said({ model })).rejects.toMatchObject({ code: 'OUTPUT_UNCLEAR' });
    expect(await said({ model, output: 'same' }, 'a,b,c\n1,2,3\n')).toBe('same_0,same_1,same_2\n1,2,3\n');
  });

  it('a column that is there for evaluate is left out', async () => {
    const withTarget = 'a,b,c,label\n1,2,3,0\n';
    expect(await said({}, withTarget)).toBe('y_0,y_1,y_2\n1,2,3\n');
    expect(await said({ target: 'kind' }, withTarget.replace('label', 'kind'))).toBe('y_0,y_1,y_2\n1,2,3\n');
    await expect(said({}, withTarget.replace('label', 'kind'))).rejects.toMatchObject({
      code: 'FEATURES_MISMATCH',
    });
  });

  it('refuses to lose rows or names', async () => {
    await expect(said({ missing: 'drop' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(said({ classes: ['a'] })).rejects.toMatchObject({ code: 'LABEL_INVALID' });
  });
});

describe('formats', () => {
  async function written(file: string, options: PredictOptions = {}): Promise<[Predicted, Buffer]> {
    const predicted = await predict(
      { model: three, data: folder.write('f.csv', data), file, ...options },
      folder.context,
    );
    return [predicted, readFileSync(join(folder.path, file))];
  }

  it('CSV', async () => {
    const [{ result, content }, bytes] = await written('out.csv');
    expect(result).toMatchObject({ rows: 2, format: 'csv', file: 'out.csv', columns: ['y_0', 'y_1', 'y_2'] });
    expect(content).toEqual([]);
    expect(bytes.toString()).toBe('y_0,y_1,y_2\n0.7,0.2,0.1\n0.1,0.8,0.1\n');
  });

  it('JSON lines', async () => {
    const [, bytes] = await written('out.jsonl', { classes: ['ant', 'bee', 'cat'] });
    const lines = bytes
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { label: 'ant', score_ant: 0.7, score_bee: 0.2, score_cat: 0.1 },
      { label: 'bee', score_ant: 0.1, score_bee: 0.8, score_cat: 0.1 },
    ]);
  });

  it('NPY', async () => {
    const [, bytes] = await written('out.npy');
    expect(decodeNpy(bytes)).toEqual({
      dtype: 'float32',
      dims: [2, 3],
      data: Float32Array.of(0.7, 0.2, 0.1, 0.1, 0.8, 0.1),
    });
  });

  it('a place that cannot be written leaves nothing', async () => {
    await expect(written('f.csv/out.csv')).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
  });
});

it('standard input, whatever it holds', async () => {
  const of = (text: string) =>
    predict({ model: three, data: '-', stdin: Readable.from([Buffer.from(text)]) }, folder.context);
  expect((await of(data)).content.join('')).toContain('0.7,0.2,0.1');
  const lines = await of('{"a":0.5,"b":1,"c":2}\n');
  expect(lines.content.join('')).toBe('y_0,y_1,y_2\n0.5,1,2\n');
  expect(lines.result.data).toBe('standard input');
  await expect(of('')).rejects.toMatchObject({ code: 'DATA_EMPTY', message: /standard input/ });
});
