// `mlctl init`: a manifest for a model.

import type { Command } from '../command.ts';
import { model, sameParts, shared } from '../options.ts';

const command = {
  name: 'init',
  stage: 'Start',
  summary: 'Write mlctl.yaml for a model',
  description:
    'The manifest names the model and describes its inputs and outputs. Every optional key is in it, commented out, with its default and one line why.',
  argument: { ...model, syntax: '<model>', description: 'model file' },
  options: [
    {
      flags: '-d, --data <path>',
      description: 'test data, file or folder of images: fills in columns, labels and the evaluate section',
    },
    { flags: '-t, --target <column>', description: 'the column of the data to predict' },
    { flags: '--reference <file>', description: 'training data, for monitor to compare with' },
    shared.weights,
    shared.signature,
    { flags: '--name <name>', description: 'name of the project', defaultValue: 'the file name' },
    {
      flags: '-o, --output <file>',
      description: 'where to write it; - is stdout',
      defaultValue: 'mlctl.yaml',
    },
    shared.force,
  ],
  examples: [
    { comment: 'mlctl.yaml in this folder', command: 'mlctl init fixtures/demo/iris.h5' },
    {
      comment: 'with the data it is judged by',
      command: 'mlctl init fixtures/demo/iris.h5 --data fixtures/demo/test.csv --target species',
    },
    {
      comment: 'somewhere else, replacing what is there',
      command: 'mlctl init fixtures/demo/iris.h5 -o iris.yaml --force',
    },
  ],
  async run({ args, options }, context) {
    const { init } = await import('../../lifecycle/init.ts');
    const { result, content } = await init({ ...options, model: args[0] ?? '' }, context);
    if (content !== undefined) {
      const text = content.trimEnd();
      return { result: { ...result, content }, passed: true, text, essential: text };
    }
    return {
      result,
      passed: true,
      essential: result.manifest,
      text: `${result.manifest}  for ${result.model}`,
      next: `mlctl inspect ${result.model}${sameParts(options)}`,
    };
  },
} satisfies Command;

export default command;
