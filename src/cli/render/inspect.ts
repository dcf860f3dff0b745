// The page `mlctl inspect` prints.

import type { Unsupported } from '../../formats/definition.ts';
import type { InspectResult } from '../../lifecycle/inspect.ts';
import type { Preflight } from '../../lifecycle/preflight.ts';
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
      index === 0 || !stream.isTTY ? title : '',
      name,
      `${dtype}[${shape.map((dim) => dim ?? '?').join(', ')}]`,
    ]);
  const operators = Object.entries(result.operators).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const sections = [
    paint.bold(result.model),
    table(
      facts.map(([name = '', value = '']) => [`  ${name}`, value]),
      stream,
    ),
    table(
      [...values('inputs', result.inputs), ...values('outputs', result.outputs)].map(([title, ...rest]) => [
        `  ${title}`,
        ...rest,
      ]),
      stream,
    ),
    table(
      operators.map(([name, total], index) => [
        index === 0 || !stream.isTTY ? '  operators' : '  ',
        name,
        `${times}${count(total)}`,
      ]),
      stream,
    ),
  ];
  if (result.target) sections.push(renderTarget(result.target, stream));
  else if (result.unsupported.length > 0) {
    sections.push(
      [paint.yellow('cannot be converted:'), ...unsupported(result.unsupported, stream)].join('\n'),
    );
  }
  return sections.filter((section) => section !== '').join('\n');
}

/** The answer last, nearest the prompt. */
function renderTarget({ format, convertible, unsupported: list, notes }: Preflight, stream: Stream): string {
  const { paint } = stream;
  const { yes, no } = symbols(stream);
  const rows = notes.flatMap(({ message, hint }) => [
    `  ${message}`,
    ...(hint === undefined ? [] : [paint.dim(`    ${hint}`)]),
  ]);
  const answer = convertible
    ? paint.green(`${yes}can be written as ${format}`)
    : paint.red(`${no}cannot be written as ${format}`);
  return [
    ...(rows.length > 0 ? ['changed or left out on the way:', ...rows] : []),
    ...(list.length > 0 ? ['in the way:', ...unsupported(list, stream)] : []),
    answer,
  ].join('\n');
}

function unsupported(list: readonly Unsupported[], stream: Stream): string[] {
  const { times } = symbols(stream);
  return list.flatMap(({ opType, reason, where, hint }) => {
    const places = where.length > 0 ? ` ${times}${where.length} (${listed(where)})` : '';
    return [
      `  ${`${opType}${places}`.trim()}: ${reason}`,
      ...(hint === undefined ? [] : [stream.paint.dim(`    ${hint}`)]),
    ];
  });
}

function listed(where: readonly string[]): string {
  const shown = where.slice(0, 4).join(', ');
  return where.length > 4 ? `${shown} and ${where.length - 4} more` : shown;
}
