// The drift section of the report: every feature with its statistics and a picture, those that moved first.

import type { MonitorResult } from '../../lifecycle/monitor.ts';
import { moment } from './monitor-words.ts';
import { count, significant } from './numbers.ts';
import { classChart, courseChart } from './report-charts.ts';
import type { DrawChart } from './report-engine.ts';
import { histogram } from './report-histogram.ts';
import { html, type Markup } from './report-html.ts';

type Row = MonitorResult['drift'][number];
type Role = Row['role'];

/** Pictures for the rest would make the page heavy; their numbers are in the JSON. */
const mostRows = 60;
const mostCourses = 4;

export function driftSection(result: MonitorResult, draw: DrawChart): Markup {
  const features = featuresOf(result, 'input');
  if (features.length === 0) return html``;
  const moved = features.filter(isDrifted);
  const courses = moved.slice(0, mostCourses).flatMap((rows) => {
    const distribution = distributionOf(result, rows);
    if (!distribution?.course) return [];
    const since = rows.find((row) => row.since !== null)?.since ?? null;
    return [
      html`<h3>${distribution.feature} over time <small>median; shaded: the middle 80 % of the reference</small></h3>${courseChart(distribution, result, since, draw)}`,
    ];
  });
  return html`<section id="drift"><div class="head"><h2>Inputs</h2><p>${moved.length} of ${features.length} moved; compared with ${source(result.reference.inputs)}</p>${key}</div>
${table(features, result)}${courses}</section>`;
}

export function predictionSection(result: MonitorResult, draw: DrawChart): Markup {
  const features = featuresOf(result, 'prediction');
  if (features.length === 0) return html``;
  const classes = features.flatMap((rows) => {
    const distribution = distributionOf(result, rows);
    return distribution && hasChart(distribution) ? [classChart(distribution, draw)] : [];
  });
  return html`<section id="predictions"><div class="head"><h2>Predictions</h2><p>compared with ${source(result.reference.predictions)}</p>${key}</div>
${table(features, result)}${classes}</section>`;
}

const key = html`<div class="key"><i class="k-ref outline"><em>reference</em></i><i class="k-cur box"><em>now</em></i></div>`;

function table(features: readonly Row[][], result: MonitorResult): Markup {
  const shown = features.slice(0, mostRows);
  const hidden = features.length - shown.length;
  const rows = shown.map((own) => {
    const distribution = distributionOf(result, own);
    return html`<tr><td class="name">${own[0]?.feature}</td><td>${verdict(own, result)}</td><td class="stat">${own.map(statistic)}</td><td class="pic">${distribution && !hasChart(distribution) ? histogram(distribution) : html``}</td></tr>`;
  });
  const more = hidden > 0 ? html`<p class="note">and ${hidden} more that moved less</p>` : html``;
  return html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">feature</th><th scope="col">verdict</th><th scope="col">statistic, limit</th><th scope="col">distribution</th></tr></thead><tbody>${rows}</tbody></table></div>${more}`;
}

/** Predicted classes have a chart of their own below the table. */
function hasChart({ role, kind }: MonitorResult['distributions'][number]): boolean {
  return role === 'prediction' && kind === 'category';
}

function verdict(rows: readonly Row[], { window }: MonitorResult): Markup {
  const since = rows.find((row) => row.since !== null);
  if (since?.since) {
    const until = since.until ? ` until ${moment(since.until, window)}` : '';
    return html`<span class="moved">moved</span><small>since ${moment(since.since, window)}${until}</small>`;
  }
  if (isDrifted(rows)) return html`<span class="moved">moved</span>`;
  const [first] = rows;
  if (rows.every(({ reason }) => reason === 'not enough data')) {
    const have = Math.min(first?.currentRows ?? 0, first?.referenceRows ?? 0);
    return html`<span class="unknown">not enough data</span><small>${count(have)} rows</small>`;
  }
  const lately = rows.find((row) => row.lately !== null)?.lately;
  if (lately) {
    return html`<span class="unknown">moved lately</span><small>since ${moment(lately, window)}; not the window as a whole</small>`;
  }
  const isChance = rows.some(({ reason }) => reason === 'not significant');
  return html`<span class="still">as usual</span>${isChance ? html`<small>large, but may be chance</small>` : html``}`;
}

function statistic({ test, statistic: value, threshold, pValue }: Row): Markup {
  if (value === null || threshold === null) return html``;
  const p = pValue === null ? '' : pValue < 1e-4 ? 'p < 0.0001' : `p = ${significant(pValue, 2)}`;
  const bound = value >= threshold ? '≥' : '<';
  return html`<div>${test} ${significant(value, 3)} ${bound} ${significant(threshold, 3)} <small>${p}</small></div>`;
}

function featuresOf({ drift }: MonitorResult, role: Role): Row[][] {
  const features = new Map<string, Row[]>();
  for (const row of drift) {
    if (row.role === role) features.set(row.feature, [...(features.get(row.feature) ?? []), row]);
  }
  return [...features.values()].sort((a, b) => weight(b) - weight(a));
}

function weight(rows: readonly Row[]): number {
  const nearest = Math.max(...rows.map(({ statistic, threshold }) => (statistic ?? 0) / (threshold ?? 1)));
  return (isDrifted(rows) ? 1e6 : rows.some(({ lately }) => lately !== null) ? 1e3 : 0) + nearest;
}

function isDrifted(rows: readonly Row[]): boolean {
  return rows.some(({ drifted }) => drifted);
}

function distributionOf({ distributions }: MonitorResult, [row]: readonly Row[]) {
  return distributions.find(({ feature, role }) => feature === row?.feature && role === row.role);
}

function source({ from, path, rows, until }: MonitorResult['reference']['inputs']): string {
  if (from === 'data') return `${path}, ${count(rows)} rows`;
  if (from === 'model') return `${path} run on the reference data`;
  if (from === 'log') return `the log until ${moment(until)}, ${count(rows)} rows`;
  return 'nothing';
}
