// "Has the data moved": one line per feature, those that have first, and what they were compared with.

import type { MonitorResult } from '../../lifecycle/monitor.ts';
import type { Stream } from '../terminal.ts';
import { moment } from './monitor-words.ts';
import { count, significant } from './numbers.ts';
import { table } from './table.ts';

type Row = MonitorResult['drift'][number];

const mostLines = 12;

export function moved(result: MonitorResult, stream: Stream): string[] {
  const features = byFeature(result.drift);
  const drifted = features.filter(isDrifted).length;
  const compared = `  ${comparedWith(result)}`;
  if (features.length === 0) return [`  moved?   nothing to compare`, stream.paint.dim(compared)];
  const short = features.filter((rows) => rows.every(({ reason }) => reason === 'not enough data')).length;
  const notEnough = short > 0 ? `, ${short} with too few rows to tell` : '';
  const head = `  moved?   ${drifted} of ${features.length} features${notEnough}`;
  const shown = [...features].sort((a, b) => weight(b) - weight(a)).slice(0, mostLines);
  const lines = table(
    shown.map((rows) => cells(rows, result, stream)),
    stream,
  ).split('\n');
  const isLate = features.some((rows) => rows.some(({ lately }) => lately !== null));
  const hidden = features.length - shown.length;
  return [
    head,
    ...lines.map((line, i) => paintLine(line, shown[i] ?? [], stream)),
    ...(hidden > 0 ? [stream.paint.dim(`    and ${hidden} more that moved less`)] : []),
    ...(isLate
      ? [stream.paint.yellow('    lately: not the whole window; --window 1d judges the last day alone')]
      : []),
    stream.paint.dim(compared),
  ];
}

function cells(rows: readonly Row[], { window }: MonitorResult, { unicode, columns }: Stream): string[] {
  const [first] = rows;
  const marks = unicode
    ? { moved: '✗', lately: '!', still: '✓', unknown: '?' }
    : { moved: '!!', lately: '! ', still: 'ok', unknown: '??' };
  const unknown = rows.every(({ reason }) => reason === 'not enough data');
  const since = rows.find((row) => row.since !== null);
  const lately = rows.find((row) => row.lately !== null)?.lately ?? null;
  const calm = lately === null ? marks.still : marks.lately;
  const mark = isDrifted(rows) ? marks.moved : unknown ? marks.unknown : calm;
  const until = since?.until ? ` until ${moment(since.until, window)}` : '';
  return [
    `    ${mark}`,
    named(first, columns),
    ...(unknown
      ? [`${count(Math.min(first?.currentRows ?? 0, first?.referenceRows ?? 0))} rows are too few`]
      : rows.map(statisticText)),
    since?.since
      ? `since ${moment(since.since, window)}${until}`
      : lately === null
        ? ''
        : `lately, since ${moment(lately, window)}`,
  ];
}

/** What the statistics and the time leave of the line. */
function named(row: Row | undefined, columns: number): string {
  const suffix = row?.role === 'prediction' ? ' (predicted)' : '';
  return shortened(row?.feature ?? '', Math.max(8, columns - 60 - suffix.length)) + suffix;
}

function statisticText({ test, statistic, threshold, drifted, reason }: Row): string {
  // The one name that is too long for a line of 80.
  const short = test === 'chi-square' ? 'chi2' : test;
  if (statistic === null || threshold === null) return `${short} –`;
  const sign = statistic >= threshold ? '≥' : '<';
  const note = !drifted && reason === 'not significant' ? ' by chance' : '';
  return `${short} ${significant(statistic, 3)} ${sign} ${significant(threshold, 3)}${note}`;
}

function paintLine(line: string, rows: readonly Row[], { paint, unicode }: Stream): string {
  const text = unicode ? line : line.replaceAll('≥', '>=');
  return isDrifted(rows) ? paint.red(text) : text;
}

function byFeature(rows: readonly Row[]): Row[][] {
  const features = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.role} ${row.feature}`;
    features.set(key, [...(features.get(key) ?? []), row]);
  }
  return [...features.values()];
}

function isDrifted(rows: readonly Row[]): boolean {
  return rows.some(({ drifted }) => drifted);
}

/** Drifted ones first, then by how near they came. */
function weight(rows: readonly Row[]): number {
  const nearest = Math.max(...rows.map(({ statistic, threshold }) => (statistic ?? 0) / (threshold ?? 1)));
  return (isDrifted(rows) ? 1e6 : rows.some(({ lately }) => lately !== null) ? 1e3 : 0) + nearest;
}

function comparedWith({ reference, log }: MonitorResult): string {
  const { inputs, predictions } = reference;
  const text = ({ from, path, rows, until, reason }: typeof inputs) => {
    if (from === 'data') return `${path} (${count(rows)} rows)`;
    if (from === 'model') return `${path} run on it`;
    if (from === 'log') return `the log until ${moment(until)} (${count(rows)} rows)`;
    return `nothing: ${reason}`;
  };
  const same = inputs.from === predictions.from;
  return same
    ? `compared with ${text(inputs)}; log ${log}`
    : `compared with ${text(inputs)}; predictions with ${text(predictions)}`;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
