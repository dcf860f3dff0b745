// `mlctl deploy`: a model version into service.

import type { Command } from '../command.ts';
import { model, positiveInteger, sameConfig, shared } from '../options.ts';

const command = {
  name: 'deploy',
  stage: 'Ship',
  summary: 'Put a model into service, in the background',
  description:
    'Stores the model as a numbered version under .mlctl/, starts it, checks its health and only then gives it the traffic; the version before answers until that moment. A supervisor starts it again when it dies.',
  argument: model,
  options: [
    shared.dryRun,
    shared.port,
    shared.host,
    {
      flags: '--name <name>',
      description: 'name of the deployment',
      defaultValue: "the manifest's, or the file name",
    },
    {
      flags: '--target <name>',
      description: 'where to: local',
      defaultValue: 'local',
      choices: async () => (await import('../../targets/index.ts')).targets.map(({ name }) => name),
      ownVariable: true,
    },
    {
      flags: '--keep <n>',
      description: 'versions kept for rollback',
      defaultValue: 10,
      parse: positiveInteger,
    },
    shared.weights,
    shared.signature,
    shared.config,
  ],
  examples: [
    { comment: 'show the plan and stop', command: 'mlctl deploy fixtures/demo/iris.h5 --dry-run' },
    { comment: 'deploy on a free port', command: 'mlctl deploy fixtures/demo/iris.h5 --port 0' },
    { comment: 'what the manifest says', command: 'mlctl deploy --config fixtures/demo/mlctl.yaml' },
  ],
  async run({ args, options, quiet, json }, context, { stdout, stderr }) {
    const [{ deploy }, { renderPlan }] = await Promise.all([
      import('../../lifecycle/deploy.ts'),
      import('../render/deploy.ts'),
    ]);
    const showPlan = (plan: Parameters<typeof renderPlan>[0]) =>
      stderr.write(`${renderPlan(plan, stderr)}\n`);
    const result = await deploy(
      {
        ...options,
        ...(args[0] === undefined ? {} : { model: args[0] }),
        ...(options.dryRun || quiet || json ? {} : { onPlan: showPlan }),
      },
      context,
    );
    const { name, version, url, digest } = result;
    const text = result.dryRun
      ? renderPlan(result.plan, stdout)
      : `${name}  version ${version}  ${digest.slice(0, 12)}  ${url}${result.upToDate ? '  (up to date)' : ''}`;
    return {
      result,
      passed: true,
      text,
      essential: url ?? '',
      ...(result.dryRun ? {} : { next: `mlctl status ${name}${sameConfig(options)}` }),
    };
  },
} satisfies Command;

export default command;
