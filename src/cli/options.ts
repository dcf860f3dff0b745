// Options that mean the same in every command, so that they are described once.

import { errors } from '../errors.ts';
import type { Argument, Option } from './command.ts';

/** Every command has these; main reads them itself. */
export const everywhere: readonly Option[] = [
  { flags: '--json', description: 'print one JSON document on stdout and nothing else', group: 'Output' },
  { flags: '-q, --quiet', description: 'print only the essential value; errors still show', group: 'Output' },
  { flags: '-v, --verbose', description: 'more detail on stderr', group: 'Output' },
  { flags: '--color', description: 'colour even when not on a terminal', group: 'Output' },
  { flags: '--no-color', description: 'no colour', group: 'Output' },
  {
    flags: '--progress <style>',
    description: 'auto, plain or none',
    defaultValue: 'auto',
    choices: ['auto', 'plain', 'none'],
    group: 'Output',
  },
  { flags: '--no-input', description: 'never ask; fail and name the flag instead', group: 'Output' },
  { flags: '-h, --help', description: 'show this help', group: 'Output' },
];

/** The model a command works on. test/cli/main.test.ts holds the extensions equal to those of the formats. */
export const model = {
  syntax: '[model]',
  description: "model file; the manifest's when left out",
  extensions: ['.h5', '.hdf5', '.keras', '.onnx', '.tflite'],
} as const satisfies Argument;

export const shared = {
  config: {
    flags: '-c, --config <file>',
    description: 'manifest to use',
    defaultValue: 'mlctl.yaml, when there is one',
  },
  from: {
    flags: '--from <format>',
    description: 'format of the model: keras, onnx, tflite',
    defaultValue: 'what its content says',
    choices: async () => (await import('../formats/index.ts')).formats.map((format) => format.name),
  },
  weights: {
    flags: '--weights <file>',
    description: 'the weights, for a Keras architecture saved as JSON',
  },
  signature: {
    flags: '--signature <name>',
    description: 'which one of a TFLite file with several, as inspect lists them',
    defaultValue: 'serving_default, or the first',
  },
  runtime: {
    flags: '--runtime <name>',
    description: 'runtime to use: litert, onnxruntime, tfjs',
    defaultValue: 'by format',
    choices: async () => (await import('../runtimes/index.ts')).runtimes.map((runtime) => runtime.name),
  },
  threads: {
    flags: '--threads <n>',
    description: 'threads inside one run',
    defaultValue: 1,
    parse: positiveInteger,
  },
  seed: { flags: '--seed <n>', description: 'seed of everything random', defaultValue: 0, parse: integer },
  port: {
    flags: '-p, --port <port>',
    description: 'port to answer on; 0 picks a free one',
    defaultValue: 8080,
    parse: port,
  },
  host: {
    flags: '--host <address>',
    description: 'address to answer on; 0.0.0.0 for everybody',
    defaultValue: '127.0.0.1',
  },
  force: { flags: '-f, --force', description: 'replace what is there' },
  dryRun: { flags: '-n, --dry-run', description: 'show what would be done and stop' },
} as const satisfies Record<string, Option>;

/** ` --config FILE` for a suggested next command that has to read the same manifest. */
export function sameConfig({ config }: Readonly<Record<string, unknown>>): string {
  return config === undefined ? '' : ` --config ${config}`;
}

/** What says which model it is beside its file, for a suggested next command. */
export function sameParts({ weights, signature }: Readonly<Record<string, unknown>>): string {
  return `${weights === undefined ? '' : ` --weights ${weights}`}${signature === undefined ? '' : ` --signature ${signature}`}`;
}

export function integer(text: string, flag: string): number {
  return number(text, flag, (value) => Number.isSafeInteger(value), 'a whole number');
}

export function positiveInteger(text: string, flag: string): number {
  return number(text, flag, (value) => Number.isSafeInteger(value) && value > 0, 'a whole number above 0');
}

export function positiveNumber(text: string, flag: string): number {
  return number(text, flag, (value) => Number.isFinite(value) && value > 0, 'a number above 0');
}

export function port(text: string, flag: string): number {
  return number(
    text,
    flag,
    (value) => Number.isInteger(value) && value >= 0 && value < 65536,
    'a port, 0 to 65535',
  );
}

function number(text: string, flag: string, accept: (value: number) => boolean, what: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!accept(value)) throw errors.USAGE(`${flag} takes ${what}, got ${JSON.stringify(text)}`);
  return value;
}
