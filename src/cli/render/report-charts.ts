// The charts of the report, each drawn twice: for a wide page and for a phone. The style sheet shows one of them.

import type { EChartsCoreOption } from 'echarts/core';
import type { MonitorResult } from '../../lifecycle/monitor.ts';
import { milliseconds, significant } from './numbers.ts';
import { type ChartSize, colors, type DrawChart } from './report-engine.ts';
import { html, type Markup } from './report-html.ts';

type Distribution = MonitorResult['distributions'][number];

const wide: ChartSize = { width: 960, height: 230 };
const narrow: ChartSize = { width: 360, height: 200 };

/** p50, p95 and p99 over time, with spikes shaded. */
export function latencyChart(result: MonitorResult, draw: DrawChart): Markup {
  const line = (name: 'p50' | 'p95' | 'p99') => ({
    ...lineStyle(colors[name], name === 'p50' ? 2 : 1.5),
    showSymbol: result.throughput.length < 4,
    itemStyle: { color: colors[name] },
    data: result.throughput.map((bucket) => [middle(bucket.from, result), bucket.latencyMs[name]]),
    ...(name === 'p95' ? { markArea: spikeAreas(result, 'latency') } : {}),
    ...(name === 'p50' ? { markLine: versionLines(result) } : {}),
  });
  return figure('Latency over time: 50, 95 and 99 % of requests', draw, (size) => ({
    ...frame(size),
    xAxis: timeAxis(result, size),
    yAxis: valueAxis((value) => (value === 0 ? '0' : milliseconds(value).replace(/\.0+ /, ' '))),
    series: [line('p99'), line('p95'), line('p50')],
  }));
}

/** Answered and failed requests per bucket. */
export function trafficChart(result: MonitorResult, draw: DrawChart): Markup {
  const bars = (color: string, count: (bucket: MonitorResult['throughput'][number]) => number) => ({
    type: 'bar',
    stack: 'requests',
    silent: true,
    barCategoryGap: '12%',
    barMaxWidth: 60,
    itemStyle: { color },
    data: result.throughput.map((bucket) => [middle(bucket.from, result), count(bucket)]),
  });
  return figure('Requests over time, answered and failed', draw, (size) => ({
    ...frame({ ...size }),
    xAxis: timeAxis(result, size),
    yAxis: valueAxis((value) => significant(value, 3)),
    series: [
      { ...bars(colors.current, ({ requests, errors }) => requests - errors) },
      { ...bars(colors.bad, ({ errors }) => errors) },
    ],
  }));
}

/** Median of a drifted feature over time, on the band that 80 % of the reference lies in. */
export function courseChart(
  row: Distribution,
  result: MonitorResult,
  since: string | null,
  draw: DrawChart,
): Markup {
  const { course } = row;
  if (!course) return html``;
  const [low, mid, high] = course.reference;
  const times = course.points.map(({ time }) => Date.parse(time));
  const band = {
    silent: true,
    itemStyle: { color: colors.reference, opacity: 0.22 },
    data: [[{ yAxis: low }, { yAxis: high }]],
  };
  const marks = {
    silent: true,
    symbol: 'none',
    label: { show: false },
    data: [
      { yAxis: mid, lineStyle: { color: colors.reference, type: 'solid', width: 1.5 } },
      ...(since === null || since === result.window.from
        ? []
        : [{ xAxis: Date.parse(since), lineStyle: { color: colors.bad, type: 'dashed', width: 1.5 } }]),
    ],
  };
  const values = [low, high, ...course.points.map(({ median }) => median)];
  const pad = (Math.max(...values) - Math.min(...values)) * 0.08 || 1;
  return figure(
    `${row.feature} over time against the reference`,
    draw,
    (size) => ({
      ...frame(size),
      xAxis: timeAxis(result, size),
      yAxis: {
        ...valueAxis((value) => significant(value, 3)),
        scale: true,
        min: Math.min(...values) - pad,
        max: Math.max(...values) + pad,
        axisLabel: {
          color: colors.soft,
          fontSize: 11,
          showMinLabel: false,
          showMaxLabel: false,
          formatter: (value: number) => significant(value, 3),
        },
      },
      series: [
        {
          ...lineStyle(colors.current, 2),
          data: course.points.map(({ median }, i) => [times[i], median]),
          markArea: band,
          markLine: marks,
        },
      ],
    }),
    { wide: { ...wide, height: 180 }, narrow: { ...narrow, height: 170 } },
  );
}

/** Shares of predicted classes, reference and now, as pairs of bars. */
export function classChart({ labels, reference, current, feature }: Distribution, draw: DrawChart): Markup {
  const names = [...(labels ?? [])].reverse();
  const height = 30 + 34 * names.length;
  const bars = (color: string, shares: readonly number[]) => ({
    type: 'bar',
    silent: true,
    barWidth: 9,
    barGap: '20%',
    itemStyle: { color, borderRadius: 2 },
    label: {
      show: true,
      position: 'right',
      color: colors.soft,
      fontSize: 11,
      formatter: ({ value }: { value: number }) => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`,
    },
    data: [...shares].reverse(),
  });
  return figure(
    `Shares of predicted classes of ${feature}, reference and now`,
    draw,
    () => ({
      grid: { left: 8, right: 48, top: 4, bottom: 4, containLabel: true },
      xAxis: { ...valueAxis((value) => `${Math.round(value * 100)} %`), splitNumber: 4 },
      yAxis: {
        type: 'category',
        data: names.map((name) => (name.length > 18 ? `${name.slice(0, 17)}…` : name)),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: colors.ink, fontSize: 12 },
      },
      series: [bars(colors.current, current), bars(colors.reference, reference)],
    }),
    { wide: { width: 960, height }, narrow: { width: 360, height } },
  );
}

function figure(
  label: string,
  draw: DrawChart,
  option: (size: ChartSize) => EChartsCoreOption,
  sizes = { wide, narrow },
): Markup {
  return html`<div class="chart wide" role="img" aria-label="${label}">${draw(option(sizes.wide), sizes.wide)}</div
><div class="chart narrow" role="img" aria-label="${label}">${draw(option(sizes.narrow), sizes.narrow)}</div>`;
}

function frame({ width }: ChartSize) {
  return { grid: { left: 8, right: width > 500 ? 16 : 10, top: 12, bottom: 4, containLabel: true } };
}

function lineStyle(color: string, width: number) {
  return { type: 'line', silent: true, showSymbol: false, connectNulls: false, lineStyle: { color, width } };
}

function timeAxis({ window, throughput }: MonitorResult, { width }: ChartSize) {
  const first = Date.parse(throughput[0]?.from ?? '');
  const end = Date.parse(throughput.at(-1)?.from ?? '') + window.bucketSeconds * 1000;
  const days = (Date.parse(window.to ?? '') - Date.parse(window.from ?? '')) / 86_400_000;
  const formatter =
    days > 2
      ? '{d}.{MM}.'
      : {
          year: '{yyyy}',
          month: '{MMM}',
          day: '{d} {MMM}',
          hour: '{HH}:{mm}',
          minute: '{HH}:{mm}',
          second: '{HH}:{mm}:{ss}',
          millisecond: '{ss}.{SSS} s',
        };
  return {
    type: 'time',
    min: first,
    max: end,
    splitNumber: width > 500 ? 8 : 4,
    axisLine: { lineStyle: { color: colors.grid } },
    axisTick: { show: false },
    axisLabel: { color: colors.soft, fontSize: 11, hideOverlap: true, formatter },
  };
}

function valueAxis(formatter: (value: number) => string) {
  return {
    type: 'value',
    splitNumber: 4,
    axisLabel: { color: colors.soft, fontSize: 11, formatter },
    splitLine: { lineStyle: { color: colors.grid } },
  };
}

function spikeAreas({ anomalies }: MonitorResult, what: 'latency' | 'errors') {
  return {
    silent: true,
    itemStyle: { color: colors.spike, opacity: 0.22 },
    data: anomalies.spikes
      .filter((spike) => spike.what === what)
      .map(({ from, to }) => [{ xAxis: Date.parse(from) }, { xAxis: Date.parse(to) }]),
  };
}

/** A new version is the first suspect: a line where each one but the first answered first. */
function versionLines({ versions }: MonitorResult) {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: colors.soft, type: 'dashed', width: 1 },
    label: { color: colors.soft, fontSize: 11, position: 'insideEndTop', rotate: 0, distance: [4, -12] },
    data: versions
      .slice(1)
      .map(({ version, from }) => ({ xAxis: Date.parse(from), label: { formatter: `version ${version}` } })),
  };
}

function middle(from: string, { window }: MonitorResult): number {
  return Date.parse(from) + (window.bucketSeconds * 1000) / 2;
}
