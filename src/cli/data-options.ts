// Options of the commands that run a model over a data file: evaluate and predict.

import { errors } from '../errors.ts';
import type { DataOptions } from '../lifecycle/evaluate/settings.ts';
import type { Input, Option } from './command.ts';
import { positiveInteger, shared } from './options.ts';
import type { Terminal } from './terminal.ts';

const missing = ['error', 'zero', 'drop', 'keep'];

export const data = {
  data: {
    flags: '-d, --data <path>',
    description:
      "CSV, Parquet, JSON lines, NPY, NPZ, IDX, an image or a folder of images; - for standard input; the manifest's when left out",
  },
  target: {
    flags: '-t, --target <columns>',
    description:
      'true value: a column or array by name, or a position from 0 (-1 is the last); a,b,c for one-hot; for images their folder, without being told',
  },
  classes: {
    flags: '--classes <names>',
    description:
      "class names in index order, a,b,c; the signature's when left out, of images the folders in alphabetical order",
    parse: words,
  },
} as const satisfies Record<string, Option>;

const inputs = 'Inputs';

export const feeding: readonly Option[] = [
  {
    flags: '--features <columns>',
    description: 'columns to feed, in order: a,b,c; NAME=a,b,c for one of several inputs; may be repeated',
    repeatable: true,
    group: inputs,
  },
  {
    flags: '--scale <x>',
    description: 'multiply inputs by this: a number or a fraction, 1/255',
    parse: fraction,
    group: inputs,
  },
  {
    flags: '--mean <x>',
    description: 'then subtract this: one number, or a,b,c per column or channel',
    parse: fractions,
    group: inputs,
  },
  {
    flags: '--std <x>',
    description: 'then divide by this: one number, or a,b,c',
    parse: fractions,
    group: inputs,
  },
  {
    flags: '--missing <policy>',
    description: 'rows with missing values: error, zero (put 0), drop, keep (give the model NaN)',
    defaultValue: 'error',
    choices: missing,
    group: inputs,
  },
  { flags: '--limit <rows>', description: 'only the first rows', parse: positiveInteger, group: inputs },
  {
    flags: '--batch <rows>',
    description: 'rows per run; less when a row is large',
    defaultValue: 256,
    parse: positiveInteger,
    group: inputs,
  },
  {
    flags: '--header',
    description: 'the first line of the CSV names the columns, whatever it looks like',
    group: inputs,
  },
  { flags: '--no-header', description: 'the first line of the CSV is data', group: inputs },
  {
    flags: '--delimiter <character>',
    description: 'between CSV fields; found by itself otherwise',
    parse: character,
    group: inputs,
  },
];

export const running: readonly Option[] = [
  shared.from,
  shared.weights,
  shared.signature,
  shared.runtime,
  shared.threads,
  shared.config,
];

/** Standard input, when `--data -` asks for it. */
export function withStdin(
  { options, args }: Input,
  { stdin }: Terminal,
): DataOptions & Readonly<Record<string, unknown>> {
  if (options.data === '-' && stdin.isTTY) {
    throw errors.USAGE(
      '--data - waits for data on standard input, which is a terminal',
      'pipe a file into it',
    );
  }
  return {
    ...options,
    ...(args[0] === undefined ? {} : { model: args[0] }),
    ...(options.data === '-' ? { stdin: stdin as AsyncIterable<Uint8Array | string> } : {}),
  };
}

export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** `0.5`, `1/255`. */
function fraction(text: string, flag: string): number {
  const [top = '', bottom = '1', ...more] = text.split('/');
  const value = top.trim() === '' || bottom.trim() === '' ? Number.NaN : Number(top) / Number(bottom);
  if (more.length > 0 || !Number.isFinite(value)) {
    throw errors.USAGE(
      `${flag} takes a number or a fraction, got ${JSON.stringify(text)}`,
      'for example 1/255',
    );
  }
  return value;
}

function fractions(text: string, flag: string): number[] {
  return text.split(',').map((part) => fraction(part, flag));
}

function character(text: string, flag: string): string {
  const named: Readonly<Record<string, string>> = {
    tab: '\t',
    '\\t': '\t',
    comma: ',',
    semicolon: ';',
    space: ' ',
  };
  const value = named[text] ?? text;
  if (value.length === 1 && value !== '"' && value !== '\n' && value !== '\r') return value;
  throw errors.USAGE(`${flag} takes one character, or tab, got ${JSON.stringify(text)}`);
}

/** `--threshold 0`: any number. */
export function anyNumber(text: string, flag: string): number {
  return fraction(text, flag);
}
