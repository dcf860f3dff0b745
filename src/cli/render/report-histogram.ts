// The small picture beside each feature of the report: the reference as a filled outline, now as bars.

import type { MonitorResult } from '../../lifecycle/monitor.ts';
import { significant } from './numbers.ts';
import { html, type Markup } from './report-html.ts';

type Distribution = MonitorResult['distributions'][number];

const width = 200;
const height = 46;

export function histogram(row: Distribution): Markup {
  const largest = Math.max(...row.reference, ...row.current, 1e-9);
  const step = width / Math.max(1, row.reference.length);
  const y = (share: number) => round(height - (share / largest) * (height - 2));
  const bars = row.current.map((share, i) => {
    const top = y(share);
    return html`<rect x="${round(i * step + step * 0.12)}" y="${top}" width="${round(step * 0.76)}" height="${round(height - top)}"/>`;
  });
  const outline = row.reference
    .map((share, i) => `H${round(i * step)}V${y(share)}H${round((i + 1) * step)}`)
    .join('');
  const label = `${row.feature}: reference (outline) and now (bars), ${ends(row)}`;
  return html`<svg class="mini" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><path class="ref" d="M0 ${height}${outline}V${height}"/><g class="cur">${bars}</g></svg><span class="ends">${endMarks(row)}</span>`;
}

function endMarks(row: Distribution): Markup {
  const { kind, labels } = row;
  if (kind === 'number') {
    const [low, high] = range(row);
    return html`<i>${significant(low, 3)}</i><i>${significant(high, 3)}</i>`;
  }
  return html`<i>${shortened(labels?.[0] ?? '')}</i><i>${labels && labels.length > 1 ? shortened(labels.at(-1) ?? '') : ''}</i>`;
}

/** Whole numbers have bins of their own, half a unit to each side. */
function range({ from, to, reference }: Distribution): [low: number, high: number] {
  const [low, high] = [from ?? 0, to ?? 0];
  const isWhole = high - low === reference.length && Math.abs(low % 1) === 0.5;
  return isWhole ? [low + 0.5, high - 0.5] : [low, high];
}

function ends(row: Distribution): string {
  if (row.kind === 'number') {
    const [low, high] = range(row);
    return `from ${significant(low, 3)} to ${significant(high, 3)}`;
  }
  return (row.labels ?? []).slice(0, 6).join(', ');
}

function shortened(text: string): string {
  return text.length > 14 ? `${text.slice(0, 13)}…` : text;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
