// The page `mlctl evaluate` prints.

import type { EvaluateResult } from '../../lifecycle/evaluate.ts';
import type { GateResult } from '../../lifecycle/gates.ts';
import type { Stream } from '../terminal.ts';
import { count, significant } from './numbers.ts';
import { symbols } from './symbols.ts';
import { table } from './table.ts';

// A wider matrix does not fit beside its labels.
const maxMatrix = 12;
const maxPerClass = 40;

export function renderEvaluate(result: EvaluateResult, stream: Stream): string {
  const { paint } = stream;
  const classes = result.labels ? `, ${result.labels.length} classes` : '';
  const head =
    `${paint.bold(result.model)} on ${result.data}: ${count(result.rows)} rows, ${result.task}${classes}, ` +
    `${count(Math.round(result.rowsPerSecond))} rows/s`;
  const metrics = table(
    Object.entries(result.metrics).map(([name, value]) => [name, figure(value)]),
    stream,
  );
  const sections = [
    head,
    metrics,
    perClass(result, stream),
    matrix(result, stream),
    gates(result.gates, stream),
    result.notes.map((note) => paint.dim(`note: ${note}`)).join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** At least four digits after the point for shares; significant digits for the rest. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return 'undefined';
  return Math.abs(value) <= 1 && (value === 0 || Math.abs(value) >= 1e-3)
    ? value.toFixed(4)
    : significant(value, 5);
}

/** Names of the figures a class has, in the order they are computed. */
export function classFigures({ averages }: EvaluateResult): string[] {
  return Object.keys(averages.macro ?? {}).sort(byUsualOrder);
}

const usual = ['precision', 'recall', 'f1'];

function byUsualOrder(a: string, b: string): number {
  const place = (name: string) => (usual.includes(name) ? usual.indexOf(name) : usual.length);
  return place(a) - place(b) || (a < b ? -1 : 1);
}

/** Rows of the per-class table without its header: classes, then averages. */
export function perClassRows(result: EvaluateResult): string[][] {
  const names = classFigures(result);
  const cells = (of: Readonly<Record<string, number | string>>) =>
    names.map((name) => figure(Number(of[name])));
  const classes = result.perClass.map((row) => [row.label, ...cells(row), count(row.support)]);
  const averages = ['macro', 'weighted'].flatMap((average) => {
    const of = result.averages[average];
    return of ? [[`${average} average`, ...cells(of), count(result.rows)]] : [];
  });
  return [...classes, ...averages];
}

function perClass(result: EvaluateResult, stream: Stream): string {
  if (result.perClass.length === 0) return '';
  if (result.perClass.length > maxPerClass) return `${result.perClass.length} classes; --json lists them`;
  const names = classFigures(result);
  const right = names.map((_, index) => index + 1);
  return table([['', ...names, 'rows'], ...perClassRows(result)], stream, {
    right: [...right, names.length + 1],
  });
}

function matrix({ confusionMatrix, labels }: EvaluateResult, stream: Stream): string {
  if (!confusionMatrix || !labels || labels.length > maxMatrix) return '';
  const short = labels.map((label) => (label.length > 14 ? `${label.slice(0, 13)}…` : label));
  const rows = confusionMatrix.map((counts, truth) => [labels[truth] ?? '', ...counts.map(count)]);
  return table([['true \\ predicted', ...short], ...rows], stream, {
    right: short.map((_, index) => index + 1),
  });
}

function gates(results: readonly GateResult[], stream: Stream): string {
  const { paint } = stream;
  const { yes, no } = symbols(stream);
  return results
    .map((gate) =>
      gate.passed
        ? paint.green(`${yes}passed  ${gateWords(gate)}`)
        : paint.red(`${no}failed  ${gateWords(gate)}`),
    )
    .join('\n');
}

/** `accuracy 0.9833 >= 0.95`, with the baseline when the limit is relative to one. */
export function gateWords({ metric, actual, comparison, limit, baseline }: GateResult): string {
  const from = baseline ? ` (${figure(baseline.value)} in ${baseline.file})` : '';
  return `${metric} ${figure(actual)} ${comparison} ${significant(limit, 6)}${from}`;
}
