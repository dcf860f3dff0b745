// From argv to an exit code: finds the command, runs it, prints its outcome. Nothing here knows any command.

import type { Context } from '../context.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { errors, MlctlError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { Command, Outcome } from './command.ts';
import { commands } from './commands/index.ts';
import { exitCodes } from './exit-codes.ts';
import { commandHelp, rootHelp } from './help.ts';
import type { Io } from './io.ts';
import { type Parsed, parse, wantsJson } from './parse.ts';
import { openProgress } from './progress.ts';
import { asError } from './recognize-error.ts';
import { printable } from './render/printable.ts';
import { renderDiagnostic, renderError } from './render/problems.ts';
import { openTerminal, type Stream, type Terminal } from './terminal.ts';
import { topics } from './topics.ts';

/** Runs one command line and returns the exit code. Never throws. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // Until the command's own flags are parsed, errors need to know these two.
  const json = wantsJson(argv, io.env);
  const early = openTerminal(io, {
    color: argv.includes('--no-color') ? false : undefined,
    json,
    input: true,
  });
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === '--help' || name === '-h') return printHelp([], early);
    if (name === 'help') return await help(rest, early);
    if (name === '--version' || name === '-V')
      return await runCommand(await parse(find('version'), ['--quiet', ...rest], io.env), io);
    return await runCommand(await parse(find(name), rest, io.env), io);
  } catch (error) {
    return fail(error, early, json, io);
  }
}

/** Errors: USAGE, with the nearest command, or help topic where those are meant too. */
function find(name: string, topicNames?: readonly string[]): Command {
  const all: readonly Command[] = commands;
  const found = all.find((command) => command.name === name || command.aliases?.includes(name));
  if (found) return found;
  if (name.startsWith('-')) throw errors.USAGE(`${name} comes before a command`, 'mlctl <command> [options]');
  const names = all.flatMap((command) => (command.hidden ? [] : [command.name, ...(command.aliases ?? [])]));
  const suggestion = nearest(name, [...names, 'help', ...(topicNames ?? [])]);
  const lead = topicNames ? 'mlctl help' : 'mlctl';
  throw errors.USAGE(
    topicNames ? `${name} is neither a command nor a topic` : `${name} is not a command`,
    suggestion
      ? `did you mean ${lead} ${suggestion}?`
      : topicNames
        ? `the topics are ${topicNames.join(', ')}; mlctl lists the commands`
        : 'run mlctl for the list of commands',
  );
}

async function help([word]: readonly string[], terminal: Terminal): Promise<number> {
  const topic = word === undefined ? undefined : topics[word];
  if (topic) {
    terminal.stdout.write(`${await topic()}\n`);
    return exitCodes.passed.code;
  }
  return printHelp(word === undefined || word === 'help' ? [] : [find(word, Object.keys(topics))], terminal);
}

function printHelp([command]: readonly Command[], { stdout }: Terminal): number {
  stdout.write(`${command ? commandHelp(command, stdout.paint) : rootHelp(commands, stdout.paint)}\n`);
  return exitCodes.passed.code;
}

async function runCommand(parsed: Parsed, io: Io): Promise<number> {
  const { command, input, global } = parsed;
  const terminal = openTerminal(io, { color: global.color, json: input.json, input: global.input });
  if (parsed.wantsHelp) return printHelp([command], terminal);

  const diagnostics: Diagnostic[] = [];
  const told = new Set<string>();
  const controller = new AbortController();
  const isTalking = !input.json && !input.quiet;
  const signals = watchSignals(command, controller, isTalking ? terminal.stderr : undefined, io);
  const tellSource = (source: string) => {
    // Two steps may open the same manifest.
    if (!isTalking || !input.verbose || told.has(source)) return;
    told.add(source);
    terminal.stderr.write(`${terminal.stderr.paint.dim('note:')} ${source}\n`);
  };
  const context: Context = {
    tellSource,
    cwd: io.cwd,
    env: io.env,
    signal: controller.signal,
    progress: openProgress(terminal.stderr, isTalking ? global.progress : 'none', terminal.isCI),
    diagnose: (diagnostic) => {
      // Two steps may look at the same thing.
      const words = renderDiagnostic(diagnostic, terminal.stderr);
      if (told.has(words)) return;
      told.add(words);
      diagnostics.push(diagnostic);
      const isShown = diagnostic.severity !== 'note' || input.verbose;
      if (isShown && isTalking) {
        terminal.stderr.write(`${words}\n`);
      }
    },
  };
  for (const { flag, name } of parsed.fromEnvironment) tellSource(`${flag} comes from ${name}`);
  try {
    const outcome = await command.run(input, context, terminal);
    print(command, outcome, parsed, diagnostics, terminal);
    if (signals.received) return signals.exitCode();
    return outcome.exitCode ?? (outcome.passed ? exitCodes.passed.code : exitCodes.no.code);
  } catch (error) {
    if (signals.received) return signals.exitCode();
    return fail(error, terminal, input.json, io);
  } finally {
    signals.stop();
  }
}

function print(
  command: Command,
  outcome: Outcome,
  { input }: Parsed,
  diagnostics: readonly Diagnostic[],
  { stdout, stderr }: Terminal,
): void {
  if (input.json) {
    if (outcome.result === undefined) return;
    const document = { schema: `mlctl/${command.name}@1`, ...outcome.result, diagnostics };
    stdout.write(`${JSON.stringify(document, finite, 2)}\n`);
    return;
  }
  const text = input.quiet ? outcome.essential : outcome.text;
  // Piped data stays as it is; a terminal must not obey what a file's names say.
  const shown = stdout.isTTY ? text && printable(text) : text;
  if (shown !== undefined && shown !== '') stdout.write(`${shown}\n`);
  if (outcome.next && !input.quiet) stderr.write(`\nNext: ${outcome.next}\n`);
}

/** JSON has no NaN; a Map is an object. */
function finite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Map ? Object.fromEntries(value) : value;
}

/** The first signal asks the command to stop; the second, or a second of not stopping, ends the process. */
function watchSignals(command: Command, controller: AbortController, stderr: Stream | undefined, io: Io) {
  let received: 'SIGINT' | 'SIGTERM' | undefined;
  const exitCode = () => (received === 'SIGTERM' ? exitCodes.terminated.code : exitCodes.interrupted.code);
  const stop = io.onSignal((name) => {
    if (received !== undefined) return io.exitNow(exitCode());
    received = name;
    stderr?.write(
      command.drains ? 'Stopping (press Ctrl+C again to force)\n' : 'Stopped; nothing half-done is left.\n',
    );
    controller.abort(errors.INTERRUPTED());
    if (!command.drains) setTimeout(() => io.exitNow(exitCode()), 700).unref();
  });
  return {
    get received() {
      return received !== undefined;
    },
    exitCode,
    stop,
  };
}

/** Paths below the current folder as the user would type them: the work itself is done with absolute ones. */
function shortened(error: MlctlError, cwd: string): MlctlError {
  const short = (text: string) => text.replaceAll(`${cwd}/`, '');
  return new MlctlError(error.code, short(error.message), {
    hint: error.hint && short(error.hint),
    details: error.details.map(short),
    where: error.where && { ...error.where, ...(error.where.file ? { file: short(error.where.file) } : {}) },
    cause: error.cause ?? error,
  });
}

function fail(cause: unknown, terminal: Terminal, json: boolean, io: Io): number {
  const error = shortened(cause instanceof MlctlError ? cause : asError(cause), io.cwd);
  if (json) {
    const { code, message, hint = null, where = null, details } = error;
    terminal.stdout.write(`${JSON.stringify({ error: { code, message, hint, where, details } }, null, 2)}\n`);
  } else {
    terminal.stderr.write(`${renderError(error, terminal.stderr)}\n`);
  }
  if (io.env.MLCTL_DEBUG || (error.code === 'INTERNAL' && !json)) {
    const origin = error.cause instanceof Error ? error.cause : error;
    terminal.stderr.write(`${origin.stack ?? origin}\n`);
  }
  return exitCodes.failed.code;
}
