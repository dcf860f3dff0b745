// The HTML report of `mlctl monitor --html`: one file, no script, nothing loaded from anywhere.

import type { MonitorResult } from '../../lifecycle/monitor.ts';
import { moment, percent, span, spikeText } from './monitor-words.ts';
import { count, milliseconds, significant } from './numbers.ts';
import { latencyChart, trafficChart } from './report-charts.ts';
import { driftSection, predictionSection } from './report-drift.ts';
import { loadEngine } from './report-engine.ts';
import { html, Markup } from './report-html.ts';
import { style } from './report-style.ts';

/** First words of every report: a file that starts otherwise is not ours to overwrite. */
export const reportStart =
  '<!doctype html>\n<html lang="en">\n<meta name="generator" content="mlctl monitor">';

/** The page for a result. The same result gives the same bytes. */
export async function renderReport(result: MonitorResult): Promise<string> {
  const draw = await loadEngine();
  const body =
    result.status === 'empty'
      ? html``
      : html`${tiles(result)}${latency(result, latencyChart(result, draw))}${traffic(result, trafficChart(result, draw))}${driftSection(result, draw)}${predictionSection(result, draw)}${quality(result)}${anomalies(result)}`;
  const page = html`
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${result.model ?? result.log}: ${verdict(result)}</title>
<style>${new Markup(style)}</style>
<body class="${result.status}">
<main>
${header(result)}
${body}
${compared(result)}
</main>
</body>
</html>
`;
  return reportStart + page.text;
}

/** One sentence: the answer to "do I have to do something?" */
export function verdict({ status, alerts, anomalies: { spikes }, drift }: MonitorResult): string {
  if (status === 'empty') return 'No requests yet';
  if (alerts.length === 0) {
    if (drift.some(({ lately }) => lately !== null)) return 'No alert, but some data has moved lately';
    return spikes.length > 0 ? 'No alert; there was a spike' : 'Nothing to worry about';
  }
  const words: Record<string, string> = {
    drift: 'the data has moved',
    errors: 'requests are failing',
    latency: 'it is slow',
    missing: 'values are missing',
    'out-of-range': 'values are out of range',
    anomaly: 'many rows look odd',
  };
  const parts = [...new Set(alerts.map(({ when }) => words[when] ?? when))];
  const text = parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : (parts[0] ?? '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function header(result: MonitorResult): Markup {
  const { model, log, window, alerts } = result;
  const items = alerts.map(
    ({ message, since }) =>
      html`<li><b>${message}</b>${since === null ? html`` : html` <span>since ${moment(since, window)}</span>`}</li>`,
  );
  const list = items.length > 0 ? html`<ul class="alerts">${items}</ul>` : html``;
  const about = window.from === null ? html`` : html`<p class="about">${span(window)}</p>`;
  return html`<header><h1><b>${model ?? log}</b> monitor</h1><p class="verdict">${verdict(result)}</p>${about}${list}</header>`;
}

function tiles(result: MonitorResult): Markup {
  const { requests, rows, errors, errorRate, errorsByStatus, latencyMs, anomalies: far, alerts } = result;
  const features = new Set(result.drift.map((row) => `${row.role} ${row.feature}`));
  const moved = new Set(result.drift.filter((row) => row.drifted).map((row) => `${row.role} ${row.feature}`));
  const statuses = Object.entries(errorsByStatus).map(([status, times]) => `${status} ×${count(times)}`);
  const ms = (value: number | null) => (value === null ? '–' : milliseconds(value));
  const fires = (when: string) => alerts.some((alert) => alert.when === when);
  const tile = (name: string, value: string, note: string, isBad = false) =>
    html`<div><dt>${name}</dt><dd${isBad ? html` class="bad"` : html``}>${value}<small>${note}</small></dd></div>`;
  return html`<dl class="tiles">${[
    tile('requests', count(requests), `${count(rows)} rows`),
    tile('failed', percent(errorRate), errors === 0 ? 'no errors' : statuses.join(', '), fires('errors')),
    tile('p50', ms(latencyMs.p50), 'half are faster'),
    tile('p95', ms(latencyMs.p95), `p99 ${ms(latencyMs.p99)}`, fires('latency')),
    tile('moved', `${moved.size} of ${features.size}`, 'features', fires('drift')),
    tile(
      'far rows',
      far.share === null ? '–' : percent(far.share),
      far.share === null ? 'no reference data' : `${percent(far.expectedShare ?? 0)} expected`,
      fires('anomaly'),
    ),
  ]}</dl>`;
}

function latency(result: MonitorResult, chart: Markup): Markup {
  const spikes = spikesOf(result, 'latency');
  const shade = spikes ? html`<i class="k-spike box"><em>spike</em></i>` : html``;
  return html`<section id="latency"><div class="head"><h2>Latency</h2><p>${spikes ?? 'no spikes'}</p><div class="key"><i class="k-p50"><em>p50</em></i><i class="k-p95"><em>p95</em></i><i class="k-p99"><em>p99</em></i>${shade}</div></div>${chart}</section>`;
}

function traffic(result: MonitorResult, chart: Markup): Markup {
  const spikes = spikesOf(result, 'errors');
  const { bucketSeconds } = result.window;
  const per = bucketSeconds >= 60 ? `${significant(bucketSeconds / 60, 3)} min` : `${bucketSeconds} s`;
  return html`<section id="traffic"><div class="head"><h2>Requests and errors</h2><p>${spikes ?? `requests per ${per}`}</p><div class="key"><i class="k-cur box"><em>answered</em></i><i class="k-bad box"><em>failed</em></i></div></div>${chart}</section>`;
}

function spikesOf(
  { anomalies: { spikes }, window }: MonitorResult,
  what: 'latency' | 'errors',
): string | undefined {
  const texts = spikes.filter((spike) => spike.what === what).map((spike) => spikeText(spike, window));
  return texts.length === 0 ? undefined : texts.slice(0, 3).join('; ');
}

function quality({ missing, outOfRange }: MonitorResult): Markup {
  if (missing.length === 0 && outOfRange.length === 0) return html``;
  const rows = [
    ...missing.map(
      ({ feature, count: n, share, referenceShare }) =>
        html`<tr><td class="name">${feature}</td><td class="what">missing<small>${referenceShare === null ? 'no reference' : `${percent(referenceShare)} in the reference`}</small></td><td class="n">${count(n)} <small>${percent(share)}</small></td></tr>`,
    ),
    ...outOfRange.map(({ feature, count: n, share, min, max }) => {
      const range =
        min === null || max === null
          ? 'never in the reference'
          : `${significant(min)} to ${significant(max)} in the reference`;
      return html`<tr><td class="name">${feature}</td><td class="what">${min === null ? 'new value' : 'out of range'}<small>${range}</small></td><td class="n">${count(n)} <small>${percent(share)}</small></td></tr>`;
    }),
  ].slice(0, 60);
  return html`<section id="quality"><div class="head"><h2>Values</h2><p>missing, or outside what the reference has</p></div><div class="scroll"><table class="stack"><thead><tr><th scope="col">feature</th><th scope="col">what</th><th scope="col" class="n">values</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function anomalies({ anomalies: far, rows, window }: MonitorResult): Markup {
  if (far.rows === null || far.share === null || far.top.length === 0) return html``;
  const top = far.top.map(({ time, id, score, features }) => {
    const why = features
      .slice(0, 2)
      .map(
        ({ feature, value, z }) =>
          `${feature} ${significant(value)} (${z > 0 ? '+' : ''}${z.toFixed(1)}\u00a0σ)`,
      );
    return html`<tr><td>${moment(time, window)} <code>${id}</code></td><td class="n">${significant(score, 3)}</td><td class="why">${why.join(', ')}</td></tr>`;
  });
  return html`<section id="anomalies"><div class="head"><h2>Rows far from the reference</h2><p>${count(far.rows)} of ${count(rows)}, ${percent(far.share)}; ${percent(far.expectedShare ?? 0)} expected. The farthest:</p></div><div class="scroll"><table class="stack"><thead><tr><th scope="col">time and request</th><th scope="col" class="n">distance</th><th scope="col">farthest features</th></tr></thead><tbody>${top}</tbody></table></div><p class="note">Mahalanobis distance on standardised inputs; 99.9 % of the reference is below ${significant(far.threshold ?? 0, 3)}.</p></section>`;
}

function compared(result: MonitorResult): Markup {
  const { inputs, predictions } = result.reference;
  const digest = (value: string | null) => (value === null ? html`` : html` <code>sha256:${value}</code>`);
  const source = ({ from, path, rows, until, reason, digest: sha }: typeof inputs) => {
    if (from === 'data') return html`${path}, ${count(rows)} rows${digest(sha)}`;
    if (from === 'model') return html`${path} run on ${count(rows)} rows of the reference${digest(sha)}`;
    if (from === 'log') return html`the log until ${moment(until)}, ${count(rows)} rows (${reason ?? ''})`;
    return html`nothing: ${reason ?? ''}`;
  };
  const facts: [string, Markup][] = [
    [
      'log',
      html`${result.log}${result.skippedLines > 0 ? html`, ${count(result.skippedLines)} unreadable ${result.skippedLines === 1 ? 'line' : 'lines'} skipped` : html``}`,
    ],
    ['window', html`${result.window.from ?? '–'} to ${result.window.to ?? '–'}`],
    [
      'versions',
      html`${result.versions.map(({ version, requests }) => `${version} (${count(requests)} requests)`).join(', ') || 'none named'}`,
    ],
    ['inputs compared with', source(inputs)],
    ['predictions compared with', source(predictions)],
    ['rows measured', html`${count(result.sampledRows)} of ${count(result.rows)}`],
  ];
  return html`<section id="compared"><div class="head"><h2>What was compared</h2></div><dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section><footer>mlctl monitor. Times are UTC. A feature has moved when its statistic reaches the limit, which has the noise of sampling added, and chance is ruled out (adjusted p ≤ 0.01).</footer>`;
}
