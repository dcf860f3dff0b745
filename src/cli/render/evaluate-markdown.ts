// The evaluation as Markdown, for a pull request comment or a CI summary.

import type { EvaluateResult } from '../../lifecycle/evaluate.ts';
import { classFigures, figure, gateWords, perClassRows } from './evaluate.ts';
import { count } from './numbers.ts';

export function renderMarkdown(result: EvaluateResult): string {
  const sections = [
    `## Evaluation of \`${result.model}\``,
    `${count(result.rows)} rows of \`${result.data}\`, ${result.task}. Model \`${result.digest.slice(0, 12)}\`, data \`${result.dataDigest.slice(0, 12)}\`.`,
    markdownTable(
      ['metric', 'value'],
      Object.entries(result.metrics).map(([name, value]) => [name, figure(value)]),
    ),
  ];
  if (result.gates.length > 0) {
    sections.push(
      `**Gates: ${result.passed ? 'passed' : 'failed'}**`,
      markdownTable(
        ['gate', 'result'],
        result.gates.map((gate) => [gateWords(gate), gate.passed ? 'passed' : '**failed**']),
      ),
    );
  }
  if (result.perClass.length > 0) {
    sections.push(markdownTable(['class', ...classFigures(result), 'rows'], perClassRows(result)));
  }
  sections.push(...result.notes.map((note) => `> ${note}`));
  return `${sections.join('\n\n')}\n`;
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  const rule = `|${header.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

function escaped(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/\s*\n\s*/g, ' ');
}
