// `mlctl monitor`: what the prediction log says about a served model.

import type { Context } from '../../context.ts';
import type { MonitorResult } from '../../lifecycle/monitor.ts';
import type { Command, Outcome } from '../command.ts';
import { positiveNumber, shared } from '../options.ts';
import type { Terminal } from '../terminal.ts';

const command = {
  name: 'monitor',
  stage: 'Judge',
  summary: 'Watch a served model: latency, errors, drift, anomalies',
  description:
    'Reads the prediction log that serve writes, once, and compares it with reference data: the data the model was trained on. Without reference data the earlier part of the log stands in.',
  argument: {
    syntax: '[model]',
    description: "model file whose log to read; the manifest's when left out",
    extensions: ['.h5', '.hdf5', '.onnx'],
  },
  options: [
    { flags: '--log <folder>', description: 'prediction log', defaultValue: '.mlctl/logs/<name>' },
    { flags: '--reference <file>', description: 'data that shows what inputs should look like' },
    {
      flags: '--since <time>',
      description: 'start: a duration before now (1h, 7d) or a time (2025-06-01T14:00Z)',
    },
    { flags: '--until <time>', description: 'end, in the same words' },
    {
      flags: '--window <duration>',
      description: 'judge the last 1h, 7d … of it; what is earlier may serve as reference',
    },
    {
      flags: '--method <test>',
      description: 'drift test: auto, chi-square, jensen-shannon, ks, psi, wasserstein',
      defaultValue: 'auto',
      choices: async () => ['auto', ...(await import('../../drift/index.ts')).drift.map(({ name }) => name)],
    },
    {
      flags: '--threshold <number>',
      description: "how large a drift matters, in the test's unit; with auto, a PSI",
      defaultValue: 0.1,
      parse: positiveNumber,
      ownVariable: true,
    },
    { flags: '--html <file>', description: 'also write a report, one self-contained page' },
    {
      flags: '--watch [seconds]',
      description: 'again every so many seconds, until Ctrl-C',
      defaultValue: '5 when given without a number',
      parse: positiveNumber,
    },
    shared.force,
    shared.config,
  ],
  examples: [
    { comment: "the manifest's model", command: 'mlctl monitor --config fixtures/monitor/mlctl.yaml' },
    { comment: 'any log, without reference data', command: 'mlctl monitor --log fixtures/monitor/log' },
    {
      comment: 'a report to send around',
      command: 'mlctl monitor --config fixtures/monitor/mlctl.yaml --html report.html',
    },
    {
      comment: 'the last hour in CI: exit code 1 when an alert fires',
      command: 'mlctl monitor --log fixtures/monitor/log --window 1h --json',
    },
  ],
  no: 'an alert fired: by default when a feature has drifted, or when over 5 % of requests failed',
  async run({ args, options, json }, context, terminal) {
    const { watch, html, ...rest } = options;
    const given = { ...rest, ...(args[0] === undefined ? {} : { model: args[0] }) };
    const { monitor } = await import('../../lifecycle/monitor.ts');
    const report = typeof html === 'string' ? html : undefined;
    if (watch === undefined) {
      const result = await monitor(given, context);
      if (report !== undefined) await writeReport(report, result, options.force === true, context);
      return outcomeOf(result, report, terminal);
    }

    const seconds = typeof watch === 'number' ? watch : 5;
    const { setTimeout: sleep } = await import('node:timers/promises');
    let passed = true;
    if (terminal.stdout.isTTY && !json) terminal.stdout.write('\u001b[2J');
    while (!context.signal.aborted) {
      const result = await monitor(given, context);
      passed = result.alerts.length === 0;
      if (report !== undefined) await writeReport(report, result, options.force === true, context);
      await show(result, json, terminal);
      // Ctrl-C ends the pause early; that is no error.
      await sleep(seconds * 1000, undefined, { signal: context.signal }).catch(() => {});
    }
    return { passed };
  },
} satisfies Command;

export default command;

async function outcomeOf(
  result: MonitorResult,
  report: string | undefined,
  { stdout }: Terminal,
): Promise<Outcome> {
  const { renderMonitor } = await import('../render/monitor.ts');
  return {
    result: { ...result, report: report ?? null },
    passed: result.alerts.length === 0,
    text: renderMonitor(result, stdout),
    essential: result.status,
    ...(report === undefined ? {} : { next: `open ${report} in a browser` }),
  };
}

/** An earlier report is replaced; any other file only with --force. */
async function writeReport(
  shown: string,
  result: MonitorResult,
  force: boolean,
  context: Context,
): Promise<void> {
  const [{ resolve }, { readFile }, { renderReport, reportStart }, { writeArtifact }] = await Promise.all([
    import('node:path'),
    import('node:fs/promises'),
    import('../render/report.ts'),
    import('../../lifecycle/artifact.ts'),
  ]);
  const path = resolve(context.cwd, shown);
  const old = await readFile(path, 'utf8').catch(() => undefined);
  const isOurs = old?.startsWith(reportStart) ?? true;
  const chunks = [Buffer.from(await renderReport(result))];
  await writeArtifact(path, [{ name: shown, chunks }], { force: force || isOurs });
}

/** One redraw on a terminal, one block otherwise, one JSON line with --json. */
async function show(result: MonitorResult, json: boolean, { stdout }: Terminal): Promise<void> {
  if (json) {
    stdout.write(`${JSON.stringify({ schema: 'mlctl/monitor@1', ...result })}\n`);
    return;
  }
  const { renderMonitor } = await import('../render/monitor.ts');
  // Home, then clear to the end of each line and of the screen: no flicker of an empty screen.
  const text = renderMonitor(result, stdout);
  if (stdout.isTTY) stdout.write(`\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[K\n\u001b[J`);
  else stdout.write(`${text}\n\n`);
}
