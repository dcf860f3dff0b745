// `mlctl doctor`: what is wrong with a model file, or with the installation, and what to do about it.

import type { Command } from '../command.ts';
import { model, shared } from '../options.ts';

const command = {
  name: 'doctor',
  stage: 'Tool',
  summary: 'Explain an old or damaged model file, or check the installation',
  description:
    'With a file: what it is by its content, which program wrote it, whether it is cut off, whether layers, ' +
    'weights or files are missing, and whether it runs. Without: Node, runtimes, libraries, disk, port, the ' +
    'manifest and the store of this folder. Every finding comes with what to do about it.',
  argument: { ...model, description: 'model file; the installation when left out' },
  options: [shared.from, shared.weights, shared.config],
  examples: [
    { comment: 'why does this file not convert?', command: 'mlctl doctor fixtures/demo/iris.h5' },
    { comment: 'what works on this machine?', command: 'mlctl doctor' },
    {
      comment: 'only what is wrong, for a script',
      command: 'mlctl doctor fixtures/demo/iris.h5 --json | jq \'.findings[] | select(.severity != "ok")\'',
    },
  ],
  no: 'problems were found',
  async run({ args, options }, context, { nodeVersion, stdout }) {
    const [{ doctor }, { renderDoctor }] = await Promise.all([
      import('../../lifecycle/doctor.ts'),
      import('../render/doctor.ts'),
    ]);
    const result = await doctor(
      { ...options, nodeVersion, ...(args[0] === undefined ? {} : { model: args[0] }) },
      context,
    );
    const problems = result.findings.filter(({ severity }) => severity === 'problem');
    return {
      result,
      passed: result.problems === 0,
      text: renderDoctor(result, stdout),
      essential: problems.map(({ message }) => message).join('\n'),
    };
  },
} satisfies Command;

export default command;
