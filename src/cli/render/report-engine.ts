// echarts on the server: chart options in, one inline SVG out. The only file that loads echarts.
// https://echarts.apache.org/handbook/en/how-to/cross-platform/server

import type { EChartsCoreOption } from 'echarts/core';
import { Markup } from './report-html.ts';

/**
 * Stand-ins for the page's colours. A static SVG cannot follow the reader's light or dark scheme with fixed colours, so each of
 * these is replaced by the custom property of its name.
 */
export const colors = {
  ink: '#a1b201',
  soft: '#a1b202',
  grid: '#a1b203',
  p50: '#a1b204',
  p95: '#a1b205',
  p99: '#a1b206',
  good: '#a1b207',
  bad: '#a1b208',
  reference: '#a1b209',
  current: '#a1b20a',
  spike: '#a1b20b',
} as const;

export type ChartSize = { readonly width: number; readonly height: number };
export type DrawChart = (option: EChartsCoreOption, size: ChartSize) => Markup;

export async function loadEngine(): Promise<DrawChart> {
  const [core, charts, components, features, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/features'),
    import('echarts/renderers'),
  ]);
  core.use([
    charts.LineChart,
    charts.BarChart,
    components.GridComponent,
    components.MarkAreaComponent,
    components.MarkLineComponent,
    features.LegacyGridContainLabel,
    renderers.SVGRenderer,
  ]);
  return (option, { width, height }) => {
    const chart = core.init(null, null, { renderer: 'svg', ssr: true, width, height });
    try {
      chart.setOption({ animation: false, useUTC: true, ...option });
      return new Markup(themed(chart.renderToSVGString()));
    } finally {
      // Without this a timer of echarts keeps the process alive.
      chart.dispose();
    }
  };
}

/** Colours become custom properties; hover styles and metadata, which only a script would use, are dropped. */
function themed(svg: string): string {
  let text = svg
    .replace(/<style\s*>[\s\S]*?<\/style>/g, '')
    .replace(
      / (?:ecmeta_[\w]+|class|pointer-events|xml:space|xmlns(?::\w+)?|version|baseProfile)="[^"]*"/g,
      '',
    )
    .replace(/font-family:[^;"]*;?/g, '')
    .replace(/style="font: normal normal (\d+)px [^"]*"/g, 'style="font-size:$1px"')
    .replace(/(\d\.\d{2})\d+/g, '$1')
    .replace(/\n/g, '');
  for (const [name, color] of Object.entries(colors)) {
    const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
    text = text
      .replaceAll(color, `var(--${name})`)
      .replaceAll(`rgb(${channels.join(',')})`, `var(--${name})`);
  }
  return text;
}
