// `mlctl evaluate`: how good a model is on data with known answers, and whether that is good enough.

import { errors } from '../../errors.ts';
import type { Command } from '../command.ts';
import { anyNumber, data, feeding, running, withStdin, words } from '../data-options.ts';
import { model, sameConfig } from '../options.ts';

const command = {
  name: 'evaluate',
  aliases: ['eval'],
  stage: 'Judge',
  summary: 'Measure a model on data with known answers, with gates for CI',
  description:
    'Without a signature, all columns but the target are fed in file order to the single input. Figures follow ' +
    "scikit-learn's definitions; precision, recall and f1 are of the positive class with two classes and macro " +
    'averages with more (f1_weighted, f1_micro, f1[class] name others).',
  argument: model,
  options: [
    data.data,
    data.target,
    {
      flags: '-g, --gate <condition>',
      description: 'exit with 1 unless it holds: "accuracy>=0.95"; may be repeated',
      repeatable: true,
    },
    {
      flags: '-m, --metrics <names>',
      description:
        'accuracy, f1_weighted, recall[class], log_loss, roc_auc, matthews, mse, r2, …: a,b,c; by task when left out',
      parse: words,
      repeatable: true,
    },
    {
      flags: '--task <task>',
      description: 'binary, multiclass, classification or regression; read off the data otherwise',
      choices: ['auto', 'binary', 'multiclass', 'classification', 'regression'],
    },
    { flags: '--labels <file>', description: 'file of true values that belong to the rows of --data' },
    data.classes,
    {
      flags: '--positive <class>',
      description: 'class that counts as "yes" with two classes; the second otherwise',
    },
    {
      flags: '--threshold <x>',
      description: 'score above which a row is positive',
      defaultValue: 0.5,
      parse: anyNumber,
    },
    {
      flags: '--average <name>',
      description: 'average of precision, recall and f1: binary, micro, macro, weighted',
      choices: ['binary', 'micro', 'macro', 'weighted'],
    },
    { flags: '--only <output>', description: 'output of the model to judge, when it has several' },
    {
      flags: '--junit <file>',
      description: 'write the gates as a JUnit report; - is stdout',
      group: 'Reports',
    },
    {
      flags: '--markdown <file>',
      description: 'write the figures as Markdown; - is stdout',
      group: 'Reports',
    },
    ...feeding,
    ...running,
  ],
  examples: [
    {
      comment: 'a Keras model on a CSV file',
      command: 'mlctl evaluate fixtures/demo/iris.h5 --data fixtures/demo/test.csv --target species',
    },
    {
      comment: 'in CI: exit code 1 unless both gates hold',
      command:
        'mlctl eval fixtures/demo/iris.h5 -d fixtures/demo/test.csv -t species -g "accuracy>=0.9" -g "recall[setosa]>=0.9"',
    },
    {
      comment: 'chosen figures as JSON',
      command:
        'mlctl evaluate fixtures/demo/iris.h5 -d fixtures/demo/test.csv -t species -m accuracy,f1_weighted,log_loss --json',
    },
    {
      comment: 'images in IDX files, scaled as the model was trained; labels beside them',
      command:
        'mlctl evaluate fixtures/demo/digits.h5 -d fixtures/demo/digits-test-images.idx3-ubyte --scale 1/255',
    },
  ],
  no: 'a gate does not hold',
  async run(input, context, terminal) {
    const [{ evaluate }, { checkReport, writeReport }, { renderEvaluate }] = await Promise.all([
      import('../../lifecycle/evaluate.ts'),
      import('../../lifecycle/evaluate/write-report.ts'),
      import('../render/evaluate.ts'),
    ]);
    const { options } = input;
    const junit = options.junit as string | undefined;
    const markdown = options.markdown as string | undefined;
    const onStdout = [junit === '-', markdown === '-', input.json].filter(Boolean);
    if (onStdout.length > 1)
      throw errors.USAGE('--junit -, --markdown - and --json each take standard output for themselves');
    for (const report of [junit, markdown]) await checkReport(report, context);
    const gates = options.gate as readonly string[] | undefined;
    const metrics = (options.metrics as readonly string[][] | undefined)?.flat();
    const result = await evaluate(
      {
        ...withStdin(input, terminal),
        gates,
        metrics,
        output: options.only as string | undefined,
      },
      context,
    );
    let text = renderEvaluate(result, terminal.stdout);
    const put = async (path: string, page: string) => {
      if (path === '-') text = page.trimEnd();
      else await writeReport(path, [page], context);
    };
    if (junit !== undefined)
      await put(junit, (await import('../render/evaluate-junit.ts')).renderJunit(result));
    if (markdown !== undefined)
      await put(markdown, (await import('../render/evaluate-markdown.ts')).renderMarkdown(result));
    const [first] = Object.values(result.metrics);
    return {
      result,
      passed: result.passed,
      text,
      essential: first === undefined ? '' : String(first),
      ...(result.passed ? { next: `mlctl serve ${result.model}${sameConfig(options)}` } : {}),
    };
  },
} satisfies Command;

export default command;
