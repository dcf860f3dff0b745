// One definition per command; it feeds the parser, the help, the completion and the tests.

import type { Context } from '../context.ts';
import type { Terminal } from './terminal.ts';

export type Command = {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Heading in the root help. */
  readonly stage: 'Start' | 'Model' | 'Judge' | 'Ship' | 'Tool';
  /** One line, imperative, no full stop. */
  readonly summary: string;
  /** A short paragraph for the command's own help. */
  readonly description?: string;
  /** At most one kind of positional. */
  readonly argument?: Argument;
  /** Common ones first; `shared` options (options.ts) are listed by reference. */
  readonly options: readonly Option[];
  /** At least three, from common to rare; each can be pasted. Tests run them against fixtures/. */
  readonly examples: readonly Example[];
  /** What exit code 1 means here, when the command can answer "no". */
  readonly no?: string;
  /** Environment variables beyond the ones every command has. */
  readonly environment?: readonly (readonly [name: string, meaning: string])[];
  /** Left out of help and completion: entry points for our own child processes. */
  readonly hidden?: true;
  /** Goes on after the first Ctrl-C until its own clean-up is done (serve drains); others are ended within a second. */
  readonly drains?: true;
  /** Loads the lifecycle function and calls it. Must not be imported at start-up: use import() inside. */
  readonly run: (input: Input, context: Context, terminal: Terminal) => Promise<Outcome>;
};

export type Argument = {
  /** `<model>`, `[model]`, `<model...>` */
  readonly syntax: string;
  readonly description: string;
  /** Extensions to offer in completion. */
  readonly extensions?: readonly string[];
};

export type Option = {
  /** commander syntax: `-o, --output <file>`. */
  readonly flags: string;
  /** Says the unit and the values. */
  readonly description: string;
  /** Default, shown in the help. */
  readonly defaultValue?: string | number | boolean;
  /** The valid values; checked, with did-you-mean. May be a function so that registries load only when needed. */
  readonly choices?: readonly string[] | (() => Promise<readonly string[]>);
  /** Turns the text into a value; throws USAGE. */
  readonly parse?: (text: string, flag: string) => unknown;
  /** May be given more than once; the value is an array. */
  readonly repeatable?: boolean;
  /** Means something else here than in other commands: only MLCTL_<COMMAND>_<OPTION> is read, not MLCTL_<OPTION>. */
  readonly ownVariable?: true;
  /** Heading in the help; 'Options' by default. */
  readonly group?: string;
};

export type Example = { readonly comment: string; readonly command: string };

export type Input = {
  readonly args: readonly string[];
  /** Camel-cased option values; absent when not given (and no default). */
  readonly options: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
};

export type Outcome = {
  /** The lifecycle result; `--json` prints it with `schema` and `diagnostics`. Undefined: nothing to print (serve streams events). */
  readonly result?: Readonly<Record<string, unknown>>;
  /** False makes the exit code 1: it ran, and the answer is no. */
  readonly passed: boolean;
  /** Human text for stdout, without the final newline. */
  readonly text?: string;
  /** What `--quiet` prints on stdout: the essential value. */
  readonly essential?: string;
  /** The next command to suggest, on stderr. */
  readonly next?: string;
  /** Overrides the exit code (130 after an interrupt). */
  readonly exitCode?: number;
};
