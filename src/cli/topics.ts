// `mlctl help <topic>`: short pages; tables come from the code they describe.

import { exitCodes } from './exit-codes.ts';
import { wrap } from './wrap.ts';

export const topics: Readonly<Record<string, () => Promise<string>>> = {
  manifest: async () => {
    const { template } = await import('../manifest/template.ts');
    return `mlctl.yaml describes one model's whole life. \`mlctl init model.h5\` writes it.
Flags override MLCTL_* variables, which override the manifest. Its paths are
relative to the folder it lies in.

${template({ name: 'iris', model: 'iris.h5', inputs: [], outputs: [] })}`;
  },

  formats: async () => {
    const { formats } = await import('../formats/index.ts');
    const rows = formats.map((format) => {
      const can = format.write === undefined ? 'read' : 'read, write';
      return `  ${format.name.padEnd(10)}${can.padEnd(14)}${format.extensions.join(' ')}`;
    });
    return ['A file is recognised by its content, not by its name.', '', ...rows].join('\n');
  },

  'exit-codes': async () =>
    Object.values(exitCodes)
      .map(
        ({ code, meaning }) =>
          `  ${String(code).padEnd(6)}${wrap(meaning, 72).replaceAll('\n', '\n        ')}`,
      )
      .join('\n'),

  environment: async () =>
    [
      '  MLCTL_<OPTION>    default of any option: MLCTL_CONFIG, MLCTL_PORT, MLCTL_DATA;',
      '                    1 or 0 for one without a value: MLCTL_JSON=1, MLCTL_VERIFY=0',
      '  MLCTL_<COMMAND>_<OPTION>',
      '                    the same for one command, before the general one:',
      '                    MLCTL_SERVE_PORT, MLCTL_CONVERT_OUTPUT',
      '                    Where an option means something else in one command, only',
      '                    this one is read: MLCTL_DEPLOY_TARGET, MLCTL_INSPECT_TARGET',
      '                    (MLCTL_TARGET is a column), MLCTL_ROLLBACK_TO (MLCTL_TO is a',
      '                    format), MLCTL_MONITOR_THRESHOLD (MLCTL_THRESHOLD is a',
      '                    score), MLCTL_CONVERT_BATCH (MLCTL_BATCH is rows per run)',
      '  MLCTL_DEBUG=1     show the stack with every error',
      '  NO_COLOR          no colour',
      '  FORCE_COLOR       colour even when not on a terminal',
      '  CI                no moving progress line, no questions',
    ].join('\n'),

  json: async () =>
    [
      'With --json, stdout is exactly one JSON document:',
      '',
      '  {"schema": "mlctl/<command>@1", …result…, "diagnostics": […]}',
      '',
      'A failure is JSON too, with the same exit code:',
      '',
      '  {"error": {"code": "…", "message": "…", "hint": "…"}}',
      '',
      'serve and monitor --watch print JSON Lines, one event per line. Keys are only',
      'ever added; renaming one changes @1. Numbers that are not finite are null.',
      '',
      'Without --json, tables that go into a pipe have one tab between cells.',
    ].join('\n'),
};
