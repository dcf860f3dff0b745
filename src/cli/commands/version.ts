// `mlctl version`: what is installed and what of it works here.

import type { Command } from '../command.ts';

const command = {
  name: 'version',
  stage: 'Tool',
  summary: 'Show the version, and the runtimes and formats found here',
  options: [],
  examples: [
    { comment: 'one line', command: 'mlctl version --quiet' },
    { comment: 'runtimes and formats', command: 'mlctl version' },
    { comment: 'for a bug report', command: 'mlctl version --json' },
  ],
  async run(_input, _context, { nodeVersion }) {
    const { describeInstallation } = await import('../../lifecycle/version.ts');
    const result = { ...(await describeInstallation()), node: nodeVersion };
    const rows = result.runtimes.map(
      ({ name, version, missing }) => `  ${name.padEnd(14)}${version ?? `not here: ${missing}`}`,
    );
    return {
      result,
      passed: true,
      essential: result.version,
      text: [
        `mlctl ${result.version}`,
        `  ${'node'.padEnd(14)}${nodeVersion}`,
        ...rows,
        `  ${'formats'.padEnd(14)}${result.formats.join(', ')}`,
      ].join('\n'),
    };
  },
} satisfies Command;

export default command;
