// `mlctl stop`: ends a deployment.

import type { Command } from '../command.ts';
import { shared } from '../options.ts';

const command = {
  name: 'stop',
  stage: 'Ship',
  summary: 'Stop a deployment once its requests are answered',
  description: 'Versions, history and logs stay; mlctl deploy starts it again.',
  argument: { syntax: '[name]', description: "deployment; the manifest's when left out" },
  options: [shared.config],
  examples: [
    { comment: 'by name', command: 'mlctl stop iris' },
    { comment: "the manifest's", command: 'mlctl stop' },
    { comment: 'of another project', command: 'mlctl stop --config fixtures/demo/mlctl.yaml' },
  ],
  async run({ args, options }, context) {
    const { stop } = await import('../../lifecycle/rollback.ts');
    const result = await stop({ ...options, ...(args[0] === undefined ? {} : { name: args[0] }) }, context);
    return {
      result,
      passed: true,
      essential: result.name,
      text: result.stopped ? `${result.name}  stopped` : `${result.name}  was not running`,
    };
  },
} satisfies Command;

export default command;
