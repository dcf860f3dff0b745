// The page `mlctl inspect` prints.

import type { InspectResult } from '../../lifecycle/inspect.ts';
import type { Stream } from '../terminal.ts';
import { bytes, count } from './numbers.ts';
import { symbols } from './symbols.ts';
import { table } from './table.ts';

export function renderInspect(result: InspectResult, stream: Stream): string {
  const { paint } = stream;
  const { times } = symbols(stream);
  const facts = [
    ['format', result.formatVersion],
    ['producer', result.producer],
    ['size', bytes(result.bytes)],
    ['parameters', count(result.parameters)],
    ...Object.entries(result.facts),
    ['sha256', result.digest],
  ].filter(([, value]) => value !== '');
  const values = (title: string, list: InspectResult['inputs']) =>
    list.map(({ name, dtype, shape }, index) => [
      index === 0 ? title : '',
      name,
      `${dtype}[${shape.map((dim) => dim ?? '?').join(', ')}]`,
    ]);
  const operators = Object.entries(result.operators).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const sections = [
    paint.bold(result.model),
    table(facts.map(([name = '', value = '']) => [`  ${name}`, value])),
    table(
      [...values('inputs', result.inputs), ...values('outputs', result.outputs)].map(([title, ...rest]) => [
        `  ${title}`,
        ...rest,
      ]),
    ),
    table(
      operators.map(([name, total], index) => [
        index === 0 ? '  operators' : '  ',
        name,
        `${times}${count(total)}`,
      ]),
    ),
  ];
  if (result.unsupported.length > 0) {
    const rows = result.unsupported.map(
      ({ opType, reason, where }) => `  ${opType} ${times}${where.length} (${listed(where)}): ${reason}`,
    );
    sections.push([paint.yellow('cannot be converted:'), ...rows].join('\n'));
  }
  return sections.filter((section) => section !== '').join('\n');
}

function listed(where: readonly string[]): string {
  const shown = where.slice(0, 4).join(', ');
  return where.length > 4 ? `${shown} and ${where.length - 4} more` : shown;
}
