// Published and independently measured figures of real models (CORPUS.md "Evaluation checks", published.tsv,
// derived/EXPECTED.json), reproduced on the .h5 and on the ONNX made from it.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { convert } from '../../src/lifecycle/convert.ts';
import { type EvaluateOptions, evaluate } from '../../src/lifecycle/evaluate.ts';
import { run } from '../cli/run.ts';

const corpus = process.env.MLCTL_CORPUS ?? '';
const reason = 'MLCTL_CORPUS is not set: the corpus is not part of the repository';
const tolerance = 0.0006;

type Measured = {
  n: number;
  accuracy: number;
  crossentropy: number;
  macro: Averages;
  weighted?: Averages;
  binary?: Averages;
  mse_on_outputs: number;
};
type Averages = { precision: number; recall: number; f1: number };

const digits = 'datasets/mnist-test-idx/t10k-images-idx3-ubyte.gz';

// What the flags must say for each of the models whose layers the first release reads.
const checks: Readonly<Record<string, readonly [data: readonly string[], options: EvaluateOptions]>> = {
  'keras-h5/hand-gesture/keypoint_classifier.hdf5': [both('hand-gesture-keypoint-test'), { target: 'y' }],
  'keras-h5/hand-gesture/point_history_classifier.hdf5': [both('hand-gesture-history-test'), { target: 'y' }],
  'keras-h5/churn-ann/model.h5': [both('churn-test'), { target: 'y' }],
  'keras-h5/alibi/iris-ffn-tf1.15.2.h5': [both('iris-standardised'), { target: 'y' }],
  'keras-h5/alibi/iris-ffn-tf2.18.0.h5': [both('iris-standardised'), { target: 'y' }],
  'keras-h5/nanohop-iris/iris.h5': [['datasets/iris-nanohop/iris.csv'], { target: '-1' }],
  'keras-h5/mnist-weliton/model.h5': [[digits], { scale: 1 / 255 }],
  'keras-h5/alibi/mnist-logistic-tf1.15.2.h5': [[digits], { scale: 1 / 255, mean: [0.5], std: [1] }],
  'keras-h5/alibi/mnist-logistic-tf2.18.0.h5': [[digits], { scale: 1 / 255, mean: [0.5], std: [1] }],
};

function both(name: string): readonly string[] {
  return [`derived/${name}.csv`, `derived/${name}.npz`];
}

// Not made when everything is skipped: then no afterAll would remove it.
const folder = corpus === '' ? undefined : mkdtempSync(join(tmpdir(), 'mlctl-corpus-'));
afterAll(() => folder && rmSync(folder, { recursive: true, force: true }));
const context = quietContext({ cwd: folder ?? '.' });

/** The model as ONNX; made once. */
async function converted(model: string): Promise<string> {
  const output = join(folder ?? '', `${model.replaceAll('/', '-')}.onnx`);
  if (!existsSync(output)) await convert({ model: join(corpus, model), to: ['onnx'], output }, context);
  return output;
}

describe.skipIf(corpus === '')(`evaluation checks${corpus === '' ? ` (${reason})` : ''}`, () => {
  const expected =
    corpus === ''
      ? []
      : (JSON.parse(readFileSync(join(corpus, 'derived/EXPECTED.json'), 'utf8')) as {
          model: string;
          measured: Measured;
        }[]);

  it.each(expected.filter(({ model }) => checks[model]))(
    '$model',
    async ({ model, measured }) => {
      const [files, options] = checks[model] as NonNullable<(typeof checks)[string]>;
      const metrics = ['accuracy', 'log_loss', 'mse', ...averages(measured).map(([name]) => name)];
      const reference = join(corpus, files[0] as string);
      const h5 = await evaluate(
        { model: join(corpus, model), data: reference, ...options, metrics },
        context,
      );
      for (const data of files) {
        const onnx = await evaluate(
          { model: await converted(model), data: join(corpus, data), ...options, metrics },
          context,
        );
        expect(onnx.rows).toBe(measured.n);
        for (const [name, value] of Object.entries(h5.metrics)) {
          expect(onnx.metrics[name], `${name} of the ONNX on ${data}`).toBeCloseTo(value, 6);
        }
      }
      expect(h5.metrics.accuracy).toBeCloseTo(measured.accuracy, 6);
      expect(h5.metrics.log_loss).toBeCloseTo(measured.crossentropy, 5);
      expect(h5.metrics.mse).toBeCloseTo(measured.mse_on_outputs, 7);
      for (const [name, value] of averages(measured)) expect(h5.metrics[name], name).toBeCloseTo(value, 5);
    },
    120_000,
  );

  it('every model that is a readable .h5 is in the list', () => {
    const left = expected.map(({ model }) => model).filter((model) => !checks[model]);
    expect(left).toEqual([
      'keras-v3/cancer-mlp/model.keras', // .keras is a later format
      'tflite/mlperf-tiny/kws_ref_model.tflite', // so is .tflite
    ]);
  });
});

function averages({ macro, weighted, binary }: Measured): [string, number][] {
  const named = { macro, ...(weighted ? { weighted } : {}), ...(binary ? { binary } : {}) };
  return Object.entries(named).flatMap(([average, of]) =>
    Object.entries(of).map(([name, value]): [string, number] => [`${name}_${average}`, value]),
  );
}

describe.skipIf(corpus === '')(`published.tsv, as typed${corpus === '' ? ` (${reason})` : ''}`, () => {
  const rows =
    corpus === ''
      ? []
      : readFileSync(join(corpus, 'published.tsv'), 'utf8')
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split('\t'));

  it.each(rows)('%s %s: %s %s', async (model = '', flags = '', metric = '', value = '', allowed = '') => {
    const words = flags.replaceAll('{}', corpus).split(' ');
    for (const file of [join(corpus, model), await converted(model)]) {
      const { code, stdout, stderr } = await run('evaluate', file, ...words, '--json', {
        cwd: folder ?? '.',
      });
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const { metrics } = JSON.parse(stdout) as { metrics: Record<string, number> };
      expect(Math.abs((metrics[metric] as number) - Number(value))).toBeLessThanOrEqual(
        Math.min(Number(allowed), tolerance),
      );
    }
  });
});
