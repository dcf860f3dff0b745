// `mlctl inspect`: what a model file says about itself.

import type { Command } from '../command.ts';
import { model, sameParts, shared } from '../options.ts';

const command = {
  name: 'inspect',
  stage: 'Model',
  summary: 'Show format, inputs, outputs, operators and size of a model',
  description:
    'Nothing in the file is run. Layers that cannot be converted are listed all at once. With --target, says ' +
    'whether the model could be written in that format, what stands in the way, and what would be changed.',
  argument: model,
  options: [
    {
      flags: '--target <format>',
      description: 'say whether it can be written as: onnx, tflite',
      choices: async () =>
        (await import('../../lifecycle/preflight.ts')).writableFormats().map(({ name }) => name),
      ownVariable: true,
    },
    { flags: '--ops', description: 'print the graph instead, one operator a line' },
    shared.from,
    shared.weights,
    shared.signature,
    shared.config,
  ],
  examples: [
    { comment: 'a Keras model', command: 'mlctl inspect fixtures/demo/iris.h5' },
    { comment: 'its inputs as JSON', command: "mlctl inspect fixtures/demo/iris.h5 --json | jq '.inputs'" },
    { comment: 'its graph, one operator a line', command: 'mlctl inspect fixtures/demo/iris.h5 --ops' },
    {
      comment: 'can it be converted? exit code 1 says no, the list says why',
      command: 'mlctl inspect fixtures/demo/iris.h5 --target onnx',
    },
    { comment: "the manifest's model", command: 'mlctl inspect --config fixtures/demo/mlctl.yaml' },
  ],
  no: 'with --target: the model cannot be written in that format',
  async run({ args, options }, context, terminal) {
    const [{ inspect }, { renderInspect }] = await Promise.all([
      import('../../lifecycle/inspect.ts'),
      import('../render/inspect.ts'),
    ]);
    const result = await inspect(
      { ...options, ...(args[0] === undefined ? {} : { model: args[0] }) },
      context,
    );
    const { target } = result;
    const isConvertible = target?.convertible ?? result.unsupported.length === 0;
    const answer = target && `${target.format} ${target.convertible ? 'yes' : 'no'}`;
    return {
      result,
      passed: target?.convertible ?? true,
      essential: answer ?? result.format,
      text: result.graph ?? renderInspect(result, terminal.stdout),
      ...(isConvertible
        ? { next: `mlctl convert ${result.model}${sameParts(result)} --to ${target?.format ?? 'onnx'}` }
        : {}),
    };
  },
} satisfies Command;

export default command;
