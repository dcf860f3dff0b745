// `mlctl predict`: what a model says about every row of a data file.

import type { Command } from '../command.ts';
import { anyNumber, data, feeding, running, withStdin } from '../data-options.ts';
import { model } from '../options.ts';
import { count } from '../render/numbers.ts';

const command = {
  name: 'predict',
  stage: 'Judge',
  summary: 'Run a model over a data file and write its predictions',
  description:
    'Rows are read as evaluate and serve read them. With class names there is a label column and a score per class.',
  argument: model,
  options: [
    data.data,
    {
      flags: '-o, --output <file>',
      description: 'where to write: .csv, .jsonl or .npy; - is stdout',
      defaultValue: '-',
    },
    {
      flags: '--format <format>',
      description: 'csv, jsonl or npy; by the extension of --output otherwise',
      choices: ['csv', 'jsonl', 'npy'],
    },
    { ...data.target, description: 'columns that are not features: the true values, when they are there' },
    data.classes,
    {
      flags: '--threshold <x>',
      description: 'score above which a row is of the second class',
      defaultValue: 0.5,
      parse: anyNumber,
    },
    { flags: '--only <output>', description: 'one output of the model, when it has several' },
    ...feeding,
    ...running,
  ],
  examples: [
    {
      comment: 'predictions as CSV on stdout',
      command: 'mlctl predict fixtures/demo/iris.h5 --data fixtures/demo/test.csv --target species',
    },
    {
      comment: 'with class names, three rows, as JSON lines',
      command:
        'mlctl predict fixtures/demo/iris.h5 -d fixtures/demo/test.csv -t species --classes setosa,versicolor,virginica --limit 3 --format jsonl',
    },
    {
      comment: 'from standard input',
      command: 'cat fixtures/demo/test.csv | mlctl predict fixtures/demo/iris.h5 --data - --target species',
    },
    {
      comment: 'as a NumPy array',
      command:
        'mlctl predict fixtures/demo/energy.h5 -d fixtures/demo/energy-test.csv -t load_mw -o /tmp/load.npy',
    },
  ],
  async run(input, context, terminal) {
    const { predict } = await import('../../lifecycle/predict.ts');
    const { options } = input;
    // With --json and no file the predictions are part of the one document.
    const isInDocument = input.json && (options.output === undefined || options.output === '-');
    const { result, content } = await predict(
      {
        ...withStdin(input, terminal),
        file: options.output as string | undefined,
        format: isInDocument ? 'jsonl' : (options.format as 'csv' | 'jsonl' | 'npy' | undefined),
        output: options.only as string | undefined,
      },
      context,
    );
    if (result.file !== null) {
      return {
        result,
        passed: true,
        text: `${terminal.stdout.paint.bold(result.file)}  ${count(result.rows)} rows, ${result.columns.length} columns`,
        essential: result.file,
      };
    }
    if (isInDocument) {
      const lines = content.join('').split('\n').slice(0, -1);
      const predictions = lines.map((line) => JSON.parse(line) as unknown);
      return { result: { ...result, predictions }, passed: true };
    }
    for (const chunk of content) terminal.stdout.write(chunk);
    return { result, passed: true };
  },
} satisfies Command;

export default command;
