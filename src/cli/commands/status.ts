// `mlctl status`: what is deployed here.

import type { Command } from '../command.ts';
import { shared } from '../options.ts';

const command = {
  name: 'status',
  stage: 'Ship',
  summary: 'Show what is deployed, its versions and its history',
  argument: { syntax: '[name]', description: 'deployment; all of this project when left out' },
  options: [shared.config],
  examples: [
    { comment: 'everything deployed from this folder', command: 'mlctl status' },
    { comment: 'one of them', command: 'mlctl status iris' },
    {
      comment: 'the URL, for a script',
      command: "mlctl status iris --json | jq -r '.deployments[0].running.url'",
    },
  ],
  async run({ args, options }, context, { stdout }) {
    const [{ status }, { renderStatus }] = await Promise.all([
      import('../../lifecycle/status.ts'),
      import('../render/deploy.ts'),
    ]);
    const result = await status({ ...options, ...(args[0] === undefined ? {} : { name: args[0] }) }, context);
    return {
      result,
      passed: true,
      text: renderStatus(result, stdout),
      essential: result.deployments.flatMap(({ running }) => (running ? [running.url] : [])).join('\n'),
    };
  },
} satisfies Command;

export default command;
