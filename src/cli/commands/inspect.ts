// `mlctl inspect`: what a model file says about itself.

import type { Command } from '../command.ts';
import { model, shared } from '../options.ts';

const command = {
  name: 'inspect',
  stage: 'Model',
  summary: 'Show format, inputs, outputs, operators and size of a model',
  description: 'Nothing in the file is run. Layers that cannot be converted are listed all at once.',
  argument: model,
  options: [
    { flags: '--ops', description: 'print the graph instead, one operator a line' },
    shared.from,
    shared.weights,
    shared.config,
  ],
  examples: [
    { comment: 'a Keras model', command: 'mlctl inspect fixtures/demo/iris.h5' },
    { comment: 'its inputs as JSON', command: "mlctl inspect fixtures/demo/iris.h5 --json | jq '.inputs'" },
    { comment: 'its graph, one operator a line', command: 'mlctl inspect fixtures/demo/iris.h5 --ops' },
    { comment: "the manifest's model", command: 'mlctl inspect --config fixtures/demo/mlctl.yaml' },
  ],
  async run({ args, options }, context, terminal) {
    const [{ inspect }, { renderInspect }] = await Promise.all([
      import('../../lifecycle/inspect.ts'),
      import('../render/inspect.ts'),
    ]);
    const result = await inspect(
      { ...options, ...(args[0] === undefined ? {} : { model: args[0] }) },
      context,
    );
    const weights = options.weights === undefined ? '' : ` --weights ${String(options.weights)}`;
    const isConvertible = result.unsupported.length === 0;
    return {
      result,
      passed: true,
      essential: result.format,
      text: result.graph ?? renderInspect(result, terminal.stdout),
      ...(isConvertible ? { next: `mlctl convert ${result.model}${weights} --to onnx` } : {}),
    };
  },
} satisfies Command;

export default command;
