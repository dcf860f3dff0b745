// Command definitions → commander → the values a command gets. Commander parses; words and exit codes are ours.

import { CommanderError, Command as Program, Option as ProgramOption } from 'commander';
import { errors, MlctlError } from '../errors.ts';
import { didYouMean, nearest } from '../nearest.ts';
import type { Command, Input, Option } from './command.ts';
import { everywhere } from './options.ts';

export type Parsed = {
  readonly command: Command;
  readonly input: Input;
  /** `--help` was given: nothing else was checked. */
  readonly wantsHelp: boolean;
  readonly global: Globals;
};

export type Globals = {
  readonly color: boolean | undefined;
  readonly progress: 'auto' | 'plain' | 'none';
  readonly input: boolean;
};

/** Parses everything after the command name. Errors: USAGE. */
export async function parse(
  command: Command,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Parsed> {
  const program = new Program(command.name)
    .exitOverride()
    .configureOutput({ writeOut() {}, writeErr() {} })
    .helpOption(false)
    .allowExcessArguments(command.argument === undefined ? false : command.argument.syntax.includes('...'));
  if (command.argument) program.argument(command.argument.syntax.replace(/^</, '[').replace(/>$/, ']'));
  const options = [...command.options, ...everywhere];
  for (const option of options) program.addOption(programOption(option));

  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    throw usage(error, command, options);
  }
  const given = program.opts<Record<string, unknown>>();
  const wantsHelp = given.help === true;
  const values: Record<string, unknown> = {};
  for (const option of options) {
    const { key, flag } = naming(option);
    const raw = given[key] ?? fromEnvironment(option, env);
    if (raw === undefined) continue;
    values[key] = wantsHelp ? raw : await checked(option, flag, raw);
  }
  const args = program.args.filter((arg) => arg !== undefined);
  if (!wantsHelp && command.argument?.syntax.startsWith('<') && args.length === 0) {
    throw errors.USAGE(`${command.argument.syntax} is missing`, `mlctl ${command.name} --help`);
  }
  return {
    command,
    wantsHelp,
    global: {
      color: given.color as boolean | undefined,
      progress: (values.progress ?? 'auto') as Globals['progress'],
      input: given.input !== false,
    },
    input: {
      args,
      options: values,
      json: given.json === true,
      quiet: given.quiet === true,
      verbose: given.verbose === true,
    },
  };
}

function programOption(option: Option): ProgramOption {
  const made = new ProgramOption(option.flags, option.description);
  if (option.repeatable)
    made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  // A negated option has no default of its own: absent must stay absent.
  if (made.negate) made.default(undefined);
  return made;
}

/** `-o, --output <file>` → key `output`, flag `--output`. */
export function naming(option: Option): { key: string; flag: string; takesValue: boolean } {
  const made = new ProgramOption(option.flags);
  return {
    key: made.attributeName(),
    flag: made.long ?? option.flags,
    takesValue: made.required || made.optional,
  };
}

function fromEnvironment(option: Option, env: Readonly<Record<string, string | undefined>>): unknown {
  const { flag, takesValue } = naming(option);
  const value =
    env[
      `MLCTL_${flag
        .replace(/^--(no-)?/, '')
        .replaceAll('-', '_')
        .toUpperCase()}`
    ];
  if (value === undefined || value === '') return undefined;
  if (takesValue) return option.repeatable ? [value] : value;
  return /^(1|true|yes|on)$/i.test(value) ? true : undefined;
}

async function checked(option: Option, flag: string, raw: unknown): Promise<unknown> {
  if (typeof raw === 'boolean') return raw;
  if (Array.isArray(raw)) return Promise.all(raw.map((text) => checkedText(option, flag, String(text))));
  return checkedText(option, flag, String(raw));
}

async function checkedText(option: Option, flag: string, text: string): Promise<unknown> {
  if (option.choices) {
    const choices = typeof option.choices === 'function' ? await option.choices() : option.choices;
    if (!choices.includes(text))
      throw errors.USAGE(`${flag} ${text} is not one it knows`, didYouMean(text, choices));
  }
  return option.parse ? option.parse(text, flag) : text;
}

function usage(error: unknown, command: Command, options: readonly Option[]): unknown {
  if (error instanceof MlctlError || !(error instanceof CommanderError)) return error;
  const message = error.message.replace(/^error: /, '').split('\n')[0] ?? error.message;
  const unknown = /^unknown option '(--?[^']+)'/.exec(message)?.[1];
  const help = `mlctl ${command.name} --help`;
  if (unknown === undefined) return errors.USAGE(message, help);
  const word = unknown.split('=')[0] ?? unknown;
  const flags = options.map((option) => naming(option).flag);
  const suggestion = nearest(word, flags);
  return errors.USAGE(
    `${word} is not an option of mlctl ${command.name}`,
    suggestion ? `did you mean ${suggestion}?` : help,
  );
}
