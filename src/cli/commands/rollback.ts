// `mlctl rollback`: back to an earlier version.

import type { Command } from '../command.ts';
import { sameConfig, shared } from '../options.ts';

const command = {
  name: 'rollback',
  stage: 'Ship',
  summary: 'Go back to the version that answered before',
  description:
    'The current version answers until the earlier one is healthy. Rolling back twice goes back two versions.',
  argument: { syntax: '[name]', description: "deployment; the manifest's when left out" },
  options: [
    {
      flags: '--to <version>',
      description: 'version to go back to',
      defaultValue: 'the one that answered before',
      ownVariable: true,
    },
    shared.dryRun,
    shared.config,
  ],
  examples: [
    { comment: 'the version before this one', command: 'mlctl rollback iris' },
    { comment: 'to a version by its number', command: 'mlctl rollback iris --to 1' },
    { comment: 'show the plan and stop', command: 'mlctl rollback iris --dry-run' },
  ],
  async run({ args, options }, context, { stdout }) {
    const [{ rollback }, { renderPlan }, { symbols }] = await Promise.all([
      import('../../lifecycle/rollback.ts'),
      import('../render/deploy.ts'),
      import('../render/symbols.ts'),
    ]);
    const result = await rollback(
      { ...options, ...(args[0] === undefined ? {} : { name: args[0] }) },
      context,
    );
    const { name, from, version, digest, url } = result;
    return {
      result,
      passed: true,
      essential: version,
      text: result.dryRun
        ? renderPlan(result.plan, stdout)
        : `${name}  version ${from} ${symbols(stdout).arrow} ${version}  ${digest.slice(0, 12)}  ${url}`,
      ...(result.dryRun ? {} : { next: `mlctl status ${name}${sameConfig(options)}` }),
    };
  },
} satisfies Command;

export default command;
