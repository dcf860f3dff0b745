// Hidden: the background process of a local deployment. `mlctl deploy` starts it.

import type { Command } from '../command.ts';

const command = {
  name: 'supervise',
  stage: 'Ship',
  summary: 'Keep a local deployment running',
  argument: { syntax: '<root name version host port...>', description: 'set by mlctl deploy' },
  options: [],
  examples: [],
  hidden: true,
  drains: true,
  async run({ args }, context, { parent, pid }) {
    const { supervise } = await import('../../lifecycle/supervise.ts');
    const [root = '', name = '', version = '', host = '', port = ''] = args;
    await supervise({ root, name, version, host, port: Number(port), pid }, parent, context);
    return { passed: true };
  },
} satisfies Command;

export default command;
