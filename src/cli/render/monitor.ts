// The screen `mlctl monitor` prints: is it slow, is it failing, has the data moved, since when.

import type { MonitorResult } from '../../lifecycle/monitor.ts';
import type { Stream } from '../terminal.ts';
import { moved } from './monitor-drift.ts';
import { moment, percent, span, spikeText } from './monitor-words.ts';
import { count, milliseconds, significant } from './numbers.ts';
import { sparkline } from './sparkline.ts';

export function renderMonitor(result: MonitorResult, stream: Stream): string {
  if (result.status === 'empty') return renderEmpty(result, stream);
  return [
    headline(result, stream),
    '',
    ...health(result, stream),
    '',
    ...moved(result, stream),
    ...rest(result, stream),
  ]
    .join('\n')
    .trimEnd();
}

function renderEmpty({ model, log, window, skippedLines }: MonitorResult, { paint }: Stream): string {
  const range = window.from === null ? '' : ` between ${moment(window.from)} and ${moment(window.to)}`;
  const skipped = skippedLines > 0 ? `, and ${count(skippedLines)} lines that cannot be read` : '';
  return `${paint.bold(model ?? log)}  no requests yet${range}\n  log  ${log}${skipped}`;
}

/** Name, verdict and the time it is about, then one line per alert. */
function headline(
  { model, log, window, alerts, anomalies, drift }: MonitorResult,
  { paint, unicode }: Stream,
): string {
  const [yes, no] = unicode ? ['✓', '✗'] : ['ok', '!!'];
  const isQuiet = anomalies.spikes.length === 0 && drift.every(({ lately }) => lately === null);
  const verdict =
    alerts.length === 0
      ? paint.green(`${yes} ${isQuiet ? 'nothing to worry about' : 'no alert'}`)
      : paint.red(`${no} ${alerts.length} ${alerts.length === 1 ? 'alert' : 'alerts'}`);
  const lines = alerts.map(
    ({ when, message, since }) =>
      `${paint.red('alert')}  ${when}: ${message}${since === null ? '' : `, since ${moment(since, window)}`}`,
  );
  return [`${paint.bold(model ?? log)}  ${verdict}  ${paint.dim(span(window))}`, ...lines].join('\n');
}

function health(result: MonitorResult, stream: Stream): string[] {
  const { latencyMs, requests, rows, errors, errorRate, errorsByStatus, throughput, anomalies, window } =
    result;
  const ms = (value: number | null) => (value === null ? 'none' : milliseconds(value));
  const statuses = Object.entries(errorsByStatus).map(([status, times]) => `${status} ×${count(times)}`);
  const minutes = (Date.parse(window.to ?? '') - Date.parse(window.from ?? '')) / 60_000;
  const rate = minutes < 1 ? '' : `, ${significant(requests / minutes, 3)}/min`;
  const spikes = (what: 'latency' | 'errors') =>
    anomalies.spikes
      .filter((spike) => spike.what === what)
      .slice(0, 2)
      .map((spike) => stream.paint.yellow(`           ${spikeText(spike, window)}`));
  const lines: [string, string, (number | null)[]][] = [
    [
      'slow?',
      `p50 ${ms(latencyMs.p50)}  p95 ${ms(latencyMs.p95)}  p99 ${ms(latencyMs.p99)}`,
      throughput.map((bucket) => bucket.latencyMs.p95),
    ],
    [
      'failing?',
      errors === 0
        ? 'no errors'
        : `${count(errors)} of ${count(requests)}, ${percent(errorRate)}  (${statuses.join(', ')})`,
      throughput.map((bucket) => bucket.errors),
    ],
    [
      'traffic',
      `${count(requests)} requests, ${count(rows)} rows${rate}`,
      throughput.map((bucket) => bucket.requests),
    ],
  ];
  const widest = Math.max(...lines.map(([, text]) => text.length));
  const room = Math.min(60, stream.columns - 11 - widest - 3);
  const drawn = lines.map(([title, text, series]) => {
    const line = room >= 8 ? `  ${sparkline(series, room, stream)}` : '';
    return `  ${title.padEnd(9)}${room >= 8 ? text.padEnd(widest) : text}${line}`.trimEnd();
  });
  return [drawn[0] ?? '', ...spikes('latency'), drawn[1] ?? '', ...spikes('errors'), drawn[2] ?? ''];
}

/** Lines for what is there: missing values, values out of range, far rows, versions. */
function rest(
  { missing, outOfRange, anomalies, rows, versions, window }: MonitorResult,
  { columns }: Stream,
): string[] {
  const lines: [string, string][] = [];
  const worst = <Row extends { share: number }>(list: readonly Row[]) =>
    [...list].sort((a, b) => b.share - a.share).slice(0, 3);
  if (missing.length > 0) {
    const parts = worst(missing).map(
      ({ feature, share, referenceShare }) =>
        `${feature} ${percent(share)}${referenceShare === null ? '' : ` (reference ${percent(referenceShare)})`}`,
    );
    lines.push(['missing', fitting(parts, columns)]);
  }
  if (outOfRange.length > 0) {
    const parts = worst(outOfRange).map(({ feature, share, min, max }) =>
      min === null || max === null
        ? `${feature} ${percent(share)} never seen`
        : `${feature} ${percent(share)} not in ${significant(min, 3)}…${significant(max, 3)}`,
    );
    lines.push(['range', fitting(parts, columns)]);
  }
  if (anomalies.rows !== null && anomalies.share !== null) {
    const expected = `${percent(anomalies.expectedShare ?? 0)} expected`;
    const [top] = anomalies.top;
    const example = top
      ? `; farthest ${top.features[0]?.feature} ${significant(top.features[0]?.value ?? 0, 3)} at ${moment(top.time, window)}`
      : '';
    lines.push([
      'far rows',
      `${count(anomalies.rows)} of ${count(rows)}, ${percent(anomalies.share)} (${expected})${example}`,
    ]);
  }
  if (versions.length > 1) {
    const parts = versions.map(({ version, from }) => `${version} from ${moment(from, window)}`);
    lines.push(['versions', fitting(parts.slice(-4), columns)]);
  }
  return lines.length === 0 ? [] : ['', ...lines.map(([title, text]) => `  ${title.padEnd(9)}${text}`)];
}

/** As many of the parts as the line holds, the first always. */
function fitting(parts: readonly string[], columns: number): string {
  let text = parts[0] ?? '';
  for (const part of parts.slice(1)) {
    if (text.length + part.length + 2 > columns - 11) break;
    text += `, ${part}`;
  }
  return text;
}
