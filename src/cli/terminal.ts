// The streams a command writes to, and what each of them can show.

import { Chalk, type ChalkInstance } from 'chalk';
import type { Io, ParentChannel } from './io.ts';

/** Streams and what is known about them. */
export type Terminal = {
  readonly stdin: Io['stdin'];
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly isCI: boolean;
  /** Prompts are possible: both ends are a person. */
  readonly canPrompt: boolean;
  readonly nodeVersion: string;
  readonly pid: number;
  readonly parent: ParentChannel | undefined;
};

export type Stream = {
  readonly isTTY: boolean;
  /** 80 when not a terminal. */
  readonly columns: number;
  /** False when the locale cannot show ✓ and the like. */
  readonly unicode: boolean;
  /** Colours of this stream; level 0 when off. */
  readonly paint: ChalkInstance;
  /** Bytes are for artifacts that go to standard output. */
  write(text: string | Uint8Array): void;
};

export type TerminalFlags = {
  /** --color / --no-color; undefined when neither was given. */
  readonly color?: boolean | undefined;
  readonly json: boolean;
  readonly input: boolean;
};

export function openTerminal(io: Io, flags: TerminalFlags): Terminal {
  const isCI = isSet(io.env.CI);
  const stdout = stream(io, io.stdout, flags);
  return {
    stdin: io.stdin,
    stdout,
    stderr: stream(io, io.stderr, flags),
    isCI,
    canPrompt: io.stdin.isTTY === true && stdout.isTTY && !isCI && flags.input && !flags.json,
    nodeVersion: io.nodeVersion,
    pid: io.pid,
    parent: io.parent,
  };
}

function stream(io: Io, to: Io['stdout'], flags: TerminalFlags): Stream {
  const isTTY = to.isTTY === true;
  return {
    isTTY,
    columns: isTTY ? (to.columns ?? 80) : 80,
    unicode: hasUnicode(io),
    paint: new Chalk({ level: hasColor(io, isTTY, flags) ? 1 : 0 }),
    write: (text) => {
      to.write(text);
    },
  };
}

/** Flag, then NO_COLOR / FORCE_COLOR, then what the stream is. chalk itself does not look at NO_COLOR. */
function hasColor({ env }: Io, isTTY: boolean, flags: TerminalFlags): boolean {
  if (flags.json) return false;
  if (flags.color !== undefined) return flags.color;
  if (isSet(env.NO_COLOR)) return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0';
  return isTTY && env.TERM !== 'dumb';
}

function hasUnicode({ env, platform }: Io): boolean {
  if (platform === 'win32') return isSet(env.WT_SESSION);
  if (env.TERM === 'linux') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  // The C locale still shows UTF-8 on every system we support; only a named other charset does not.
  return !/\.(?!utf-?8)/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
