// What `mlctl doctor` prints: findings with what to do about them, the worst last, nearest the prompt.

import type { DoctorResult } from '../../lifecycle/doctor.ts';
import type { Stream } from '../terminal.ts';
import { symbols } from './symbols.ts';

type Found = DoctorResult['findings'][number];

export function renderDoctor(result: DoctorResult, stream: Stream): string {
  const { paint } = stream;
  const order: readonly Found['severity'][] = ['ok', 'warning', 'problem'];
  const lines = order.flatMap((severity) =>
    result.findings
      .filter((finding) => finding.severity === severity)
      .flatMap((finding) => renderFinding(finding, stream)),
  );
  return [paint.bold(result.model ?? 'installation'), ...lines, verdict(result, stream)].join('\n');
}

function renderFinding(finding: Found, stream: Stream): string[] {
  const { paint, unicode } = stream;
  const { arrow } = symbols(stream);
  const head = {
    ok: unicode ? paint.green('✓') : 'ok',
    warning: unicode ? paint.yellow('!') : 'warning:',
    problem: paint.red(unicode ? '✗' : 'problem:'),
  }[finding.severity];
  const [first = '', ...more] = finding.message.split('\n');
  const places = finding.severity === 'ok' ? [] : (finding.where ?? []);
  const isNamed = places.every((place) => finding.message.includes(place));
  return [
    `  ${head} ${first}`,
    ...more.map((line) => `    ${line}`),
    ...(isNamed || places.length === 0 ? [] : [`    in ${listed(places)}`]),
    ...(finding.remediation === null ? [] : [paint.dim(`    ${arrow} ${finding.remediation}`)]),
  ];
}

function listed(places: readonly string[]): string {
  const shown = places.slice(0, 6).join(', ');
  return places.length > 6 ? `${shown} and ${places.length - 6} more` : shown;
}

function verdict({ problems, warnings }: DoctorResult, stream: Stream): string {
  const { paint } = stream;
  const { yes, no } = symbols(stream);
  const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const also = warnings > 0 ? `, ${plural(warnings, 'warning')}` : '';
  return problems > 0
    ? paint.red(`${no}${plural(problems, 'problem')}${also}`)
    : paint.green(`${yes}no problems${also}`);
}
