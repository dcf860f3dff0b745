// Watches a served model through its prediction log: is it slow, is it failing, has the data moved, since when.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { readLog } from '../server/log-reader.ts';
import { firedAlerts } from './monitor/alerts.ts';
import { type Collected, collect } from './monitor/collect.ts';
import { lastTime } from './monitor/last-time.ts';
import { fitOutliers } from './monitor/outliers.ts';
import { openReference, type Reference } from './monitor/reference.ts';
import type { MonitorResult } from './monitor/result.ts';
import { type MonitorOptions, resolveSettings, type Settings } from './monitor/settings.ts';
import { summarize } from './monitor/summarize.ts';

export type { MonitorResult } from './monitor/result.ts';
export type { MonitorOptions } from './monitor/settings.ts';

/**
 * Reads the prediction log once and judges it.
 * Errors: LOG_NOT_FOUND, MODEL_NOT_GIVEN, USAGE, the manifest's, and the reference data's.
 *
 * @example const { alerts } = await monitor({ log: '.mlctl/logs/iris', reference: 'train.csv' }, context);
 */
export async function monitor(options: MonitorOptions, context: Context): Promise<MonitorResult> {
  const settings = await resolveSettings(options, context, Date.now());
  const folder = resolve(context.cwd, settings.log);
  await checkFolder(folder, settings.log);
  const { collected, reference } = await readWindow(folder, settings, context);
  diagnose(collected, settings, context);
  const facts = await summarize(collected, reference, settings);
  diagnoseRepeats(facts, context);
  const alerts = firedAlerts(facts, settings.alerts);
  const status = facts.requests === 0 ? 'empty' : alerts.length > 0 ? 'alert' : 'ok';
  return { status, ...facts, alerts };
}

async function checkFolder(folder: string, shown: string): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw errors.FILE_UNREADABLE(shown, cause);
  }
  throw errors.LOG_NOT_FOUND(shown);
}

async function readWindow(
  folder: string,
  settings: Settings,
  context: Context,
): Promise<{ collected: Collected; reference: Reference }> {
  const end = settings.until ?? (settings.windowMs === undefined ? undefined : await lastTime(folder));
  // The newest record belongs to the window, hence the millisecond.
  const start =
    settings.windowMs === undefined || end === undefined
      ? Number.NEGATIVE_INFINITY
      : end - settings.windowMs + 1;
  const range = {
    ...(settings.since === undefined ? {} : { since: settings.since }),
    ...(settings.until === undefined ? {} : { until: settings.until }),
  };
  const reference = openReference(settings, context);
  const prepare = async (layout: Parameters<typeof reference.prepare>[0]) => {
    const prepared = await reference.prepare(layout);
    const outliers = prepared.data ? fitOutliers(prepared.data.sample, prepared.layout) : undefined;
    return { layout: prepared.layout, ranges: prepared.data?.ranges, outliers };
  };
  const read = (name: string | undefined) =>
    collect(readLog(folder, range), { ...settings, name }, start, prepare, context);
  const collected = await read(settings.name);
  const other = [...collected.otherModels].sort(([, a], [, b]) => b - a)[0]?.[0];
  if (collected.requests > 0 || other === undefined) return { collected, reference };
  // The log is of a model served under another name: better that one than nothing, and say so.
  return { collected: await read(other), reference };
}

function diagnose(collected: Collected, settings: Settings, context: Context): void {
  if (settings.name !== undefined && collected.model !== settings.name) {
    context.diagnose({
      code: 'LOG_OTHER_MODEL',
      severity: 'warning',
      message: `${settings.log} has no requests for ${settings.name}; showing ${collected.model}`,
      args: { wanted: settings.name, shown: collected.model },
    });
  }
  const others = [...collected.otherModels.keys()].filter((model) => model !== collected.model);
  if (collected.requests > 0 && others.length > 0) {
    context.diagnose({
      code: 'LOG_MIXED',
      severity: 'note',
      message: `${settings.log} also has requests for ${others.join(', ')}, which are left out`,
      args: { models: others },
    });
  }
  if (collected.skippedLines > 0) {
    context.diagnose({
      code: 'LOG_LINES_SKIPPED',
      severity: 'note',
      message: `${collected.skippedLines} ${collected.skippedLines === 1 ? 'line' : 'lines'} of ${settings.log} could not be read; a killed server leaves at most one`,
      args: { lines: collected.skippedLines },
    });
  }
  if (collected.summarisedRows > 0) {
    context.diagnose({
      code: 'LOG_ROWS_SUMMARISED',
      severity: 'note',
      message: `${collected.summarisedRows} rows came in batches too large to be logged in full; drift is measured without them`,
      args: { rows: collected.summarisedRows },
    });
  }
}

function diagnoseRepeats(
  { sampledRows, independentRows }: Pick<MonitorResult, 'sampledRows' | 'independentRows'>,
  context: Context,
): void {
  if (independentRows >= sampledRows * 0.9) return;
  context.diagnose({
    code: 'LOG_ROWS_REPEAT',
    severity: 'warning',
    message: `the same rows come again and again: ${sampledRows} rows are worth ${independentRows}, and drift is judged on those`,
    args: { rows: sampledRows, independent: independentRows },
    hint: 'a replayed file, retries or a health check; real traffic hardly repeats itself',
  });
}
