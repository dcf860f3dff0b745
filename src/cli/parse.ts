// Command definitions → commander → the values a command gets. Commander parses; words and exit codes are ours.

import { CommanderError, Command as Program, Option as ProgramOption } from 'commander';
import { errors, MlctlError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { Command, Input, Option } from './command.ts';
import { everywhere } from './options.ts';

export type Parsed = {
  readonly command: Command;
  readonly input: Input;
  /** `--help` was given: nothing else was checked. */
  readonly wantsHelp: boolean;
  readonly global: Globals;
  /** Options that took their value from an environment variable. */
  readonly fromEnvironment: readonly { readonly flag: string; readonly name: string }[];
};

export type Globals = {
  readonly color: boolean | undefined;
  readonly progress: 'auto' | 'plain' | 'none';
  readonly input: boolean;
};

/** Parses everything after the command name. Errors: USAGE. */
export async function parse(command: Command, argv: readonly string[], env: Environment): Promise<Parsed> {
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
  const found: { flag: string; name: string }[] = [];
  for (const option of options) {
    const { key, flag } = naming(option);
    // Two options may share a key: --header and --no-header.
    if (wantsHelp || key in values) continue;
    // Commander sets --no-x to true when it is absent; here, absent stays absent.
    const flagged = program.getOptionValueSource(key) === 'cli' ? given[key] : undefined;
    const set = flagged === undefined ? fromEnvironment(command, option, env) : undefined;
    const raw = flagged ?? set?.value;
    if (raw === undefined) continue;
    values[key] = await checked(option, set?.name ?? flag, raw);
    if (set) found.push({ flag, name: set.name });
  }
  const args = program.args.filter((arg) => arg !== undefined);
  if (!wantsHelp && command.argument?.syntax.startsWith('<') && args.length === 0) {
    throw errors.USAGE(`${command.argument.syntax} is missing`, `mlctl ${command.name} --help`);
  }
  return {
    command,
    wantsHelp,
    fromEnvironment: found,
    global: {
      color: values.color as boolean | undefined,
      progress: (values.progress ?? 'auto') as Globals['progress'],
      input: values.input !== false,
    },
    input: {
      args,
      options: values,
      json: values.json === true,
      quiet: values.quiet === true,
      verbose: values.verbose === true,
    },
  };
}

function programOption(option: Option): ProgramOption {
  const made = new ProgramOption(option.flags, option.description);
  if (option.repeatable)
    made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
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

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `MLCTL_<COMMAND>_<OPTION>`, then `MLCTL_<OPTION>`: the value of the option, or 1 and 0 for one without a value.
 * Errors: USAGE.
 */
function fromEnvironment(
  command: Command,
  option: Option,
  env: Environment,
): { readonly name: string; readonly value: unknown } | undefined {
  for (const prefix of [`MLCTL_${command.name}_`, ...(option.ownVariable ? [] : ['MLCTL_'])]) {
    const found = fromVariable(prefix, option, env);
    if (found) return found;
  }
  return undefined;
}

function fromVariable(
  prefix: string,
  option: Option,
  env: Environment,
): { readonly name: string; readonly value: unknown } | undefined {
  const { flag, takesValue } = naming(option);
  const name = variable(prefix, flag);
  const text = env[name];
  if (takesValue) return text ? { name, value: option.repeatable ? [text] : text } : undefined;
  if (!flag.startsWith('--no-')) return text ? { name, value: isOn(name, text) } : undefined;
  // MLCTL_NO_VERIFY=1 and MLCTL_VERIFY=0 say the same.
  if (text) return { name, value: !isOn(name, text) };
  const positive = variable(prefix, flag.replace('--no-', '--'));
  const other = env[positive];
  return other ? { name: positive, value: isOn(positive, other) } : undefined;
}

function variable(prefix: string, flag: string): string {
  return `${prefix}${flag.slice(2)}`.replaceAll('-', '_').toUpperCase();
}

function isOn(name: string, text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw errors.USAGE(`${name} takes 1 or 0, got ${JSON.stringify(text)}`);
}

/** Whether a failure is to be JSON, for failures that come before the options are parsed. */
export function wantsJson(argv: readonly string[], env: Environment): boolean {
  return argv.includes('--json') || /^(1|true|yes|on)$/i.test(env.MLCTL_JSON ?? '');
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
      throw errors.USAGE(
        `${flag} takes ${either(choices)}, got ${JSON.stringify(text)}`,
        suggestion(text, choices),
      );
  }
  return option.parse ? option.parse(text, flag) : text;
}

function either(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

function suggestion(text: string, choices: readonly string[]): string | undefined {
  const word = nearest(text, choices);
  return word === undefined ? undefined : `did you mean ${word}?`;
}

function usage(error: unknown, command: Command, options: readonly Option[]): unknown {
  if (error instanceof MlctlError || !(error instanceof CommanderError)) return error;
  const help = `mlctl ${command.name} --help`;
  const message = error.message.replace(/^error: /, '').split('\n')[0] ?? error.message;
  const flagsOf = /'([^']+)'/.exec(message)?.[1] ?? '';
  if (error.code === 'commander.optionMissingArgument')
    return errors.USAGE(`${flagsOf} needs its value`, help);
  if (error.code === 'commander.excessArguments') {
    const takes = command.argument ? `takes one ${command.argument.syntax}` : 'takes none';
    return errors.USAGE(`too many arguments: mlctl ${command.name} ${takes}`, help);
  }
  const unknown = /^unknown option '(--?[^']+)'/.exec(message)?.[1];
  if (unknown === undefined) return errors.USAGE(message, help);
  const word = unknown.split('=')[0] ?? unknown;
  const flags = options.map((option) => naming(option).flag);
  if (flags.includes(word)) return errors.USAGE(`${word} takes no value`, help);
  const suggestion = nearest(word, flags);
  return errors.USAGE(
    `${word} is not an option of mlctl ${command.name}`,
    suggestion ? `did you mean ${suggestion}?` : help,
  );
}
