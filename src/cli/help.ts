// Help texts, made from the command definitions: `mlctl`, `mlctl <command> --help` and the help topics.

import type { Command, Option } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { everywhere } from './options.ts';
import { topics } from './topics.ts';
import { wrap } from './wrap.ts';

type Paint = { bold(text: string): string };

const stages: readonly Command['stage'][] = ['Start', 'Model', 'Judge', 'Ship', 'Tool'];

export function rootHelp(commands: readonly Command[], paint: Paint): string {
  const shown = commands.filter((command) => !command.hidden);
  const width = Math.max(...shown.map((command) => command.name.length)) + 4;
  const sections = stages.flatMap((stage) => {
    const members = shown.filter((command) => command.stage === stage);
    if (members.length === 0) return [];
    return [
      section(
        stage,
        members.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
        paint,
      ),
    ];
  });
  return [
    'mlctl: convert, evaluate, serve, deploy and watch trained models. No Python.',
    section('Usage', ['  mlctl <command> [options]'], paint),
    ...sections,
    section(
      'Examples',
      [
        '  mlctl convert model.h5 --to onnx',
        '  mlctl evaluate model.h5 --data test.csv --target label',
        '  mlctl serve model.onnx --port 0',
      ],
      paint,
    ),
    section(
      'Learn more',
      [
        '  mlctl <command> --help      options and examples of a command',
        `  mlctl help <topic>          ${Object.keys(topics).join(', ')}`,
      ],
      paint,
    ),
  ].join('\n\n');
}

export function commandHelp(command: Command, paint: Paint): string {
  const usage = ['mlctl', command.name, command.argument?.syntax, '[options]'].filter(Boolean).join(' ');
  const names = command.aliases?.length ? `\n\nAlso: mlctl ${command.aliases.join(', mlctl ')}` : '';
  const parts = [
    `${command.summary}.${command.description ? `\n\n${wrap(command.description, 80)}` : ''}${names}`,
    section('Usage', [`  ${usage}`], paint),
  ];
  if (command.argument) {
    parts.push(section('Arguments', row(command.argument.syntax, command.argument.description), paint));
  }
  for (const [group, options] of grouped([...command.options, ...everywhere])) {
    parts.push(section(group, options.flatMap(optionRow), paint));
  }
  parts.push(
    section(
      'Examples',
      command.examples.flatMap(({ comment, command: line }) => [`  # ${comment}`, `  ${line}`]),
      paint,
    ),
  );
  if (command.no) {
    const { passed, failed } = exitCodes;
    parts.push(
      section(
        'Exit codes',
        [...row('0', passed.meaning), ...row('1', command.no), ...row('2', failed.meaning)],
        paint,
      ),
    );
  }
  const environment = (command.environment ?? []).flatMap(([name, meaning]) => row(name, meaning));
  parts.push(
    section(
      'Environment',
      [...environment, ...row('MLCTL_<OPTION>', 'default of an option, e.g. MLCTL_CONFIG')],
      paint,
    ),
  );
  parts.push(section('Learn more', ['  mlctl help exit-codes, mlctl help manifest, mlctl help json'], paint));
  return parts.join('\n\n');
}

function grouped(options: readonly Option[]): Map<string, Option[]> {
  const groups = new Map<string, Option[]>();
  for (const option of options) {
    const group = option.group ?? 'Options';
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  return groups;
}

function optionRow(option: Option): string[] {
  const fallback = option.defaultValue === undefined ? '' : ` (default: ${option.defaultValue})`;
  return row(option.flags, `${option.description}${fallback}`);
}

/** A two-column row within 80 characters; a long left side gets a line of its own. */
function row(left: string, right: string): string[] {
  const indent = 28;
  const lines = wrap(right, 80 - indent).split('\n');
  const head = `  ${left}`;
  const first = head.length + 2 > indent ? [head] : [`${head.padEnd(indent)}${lines.shift() ?? ''}`];
  return [...first, ...lines.map((line) => ' '.repeat(indent) + line)];
}

function section(title: string, lines: readonly string[], paint: Paint): string {
  return [paint.bold(title.toUpperCase()), ...lines].join('\n');
}
