// Every error a user can meet, one function per code. Codes never change: scripts match on them.
// docs/errors.md explains each one; test/errors.test.ts holds the two lists equal.

import type { Where } from './diagnostics.ts';

/** What the user asked for could not be done. The command line ends with exit code 2. */
export class MlctlError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: Where | undefined;
  /** Further lines, one finding each, most important last. */
  readonly details: readonly string[];
  /** With OP_UNSUPPORTED: what `details` says, for programs. */
  readonly unsupported: readonly UnsupportedOp[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MlctlError';
    this.code = code;
    this.hint = options.hint;
    this.where = options.where;
    this.details = options.details ?? [];
    this.unsupported = options.unsupported ?? [];
  }
}

type ErrorOptions = {
  readonly hint?: string | undefined;
  readonly where?: Where | undefined;
  readonly details?: readonly string[];
  readonly unsupported?: readonly UnsupportedOp[];
  readonly cause?: unknown;
};

/** An operator or layer class that cannot be expressed, and where the model has it. */
export type UnsupportedOp = {
  readonly opType: string;
  readonly reason: string;
  readonly where: readonly string[];
  /** The way out. */
  readonly hint?: string;
};

export type ErrorCode = keyof typeof errors;

export const errors = {
  // ---- command line --------------------------------------------------------------------------------
  USAGE: (problem: string, hint?: string) => make('USAGE', problem, { hint }),
  INTERRUPTED: () => make('INTERRUPTED', 'stopped before the work was done; nothing was written', {}),
  INTERNAL: (cause: unknown) =>
    make('INTERNAL', `a bug in mlctl: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      hint: 'run it again with MLCTL_DEBUG=1 and report the stack together with the command line',
    }),
  OUT_OF_MEMORY: (cause: unknown) =>
    make('OUT_OF_MEMORY', `there is not enough memory for this: ${reason(cause)}`, {
      cause,
      hint: 'end other programs, use a smaller --batch, or a machine with more memory',
    }),

  // ---- files ---------------------------------------------------------------------------------------
  FILE_NOT_FOUND: (path: string) =>
    make('FILE_NOT_FOUND', `${path} does not exist`, {
      hint: 'check the path; it is relative to the current folder',
    }),
  FILE_UNREADABLE: (path: string, cause: unknown) =>
    make('FILE_UNREADABLE', `${path} cannot be read: ${reason(cause)}`, {
      cause,
      hint: isPermission(cause) ? 'check its permissions' : undefined,
    }),
  FILE_UNWRITABLE: (path: string, cause: unknown) =>
    make('FILE_UNWRITABLE', `${path} cannot be written: ${reason(cause)}`, {
      cause,
      hint: 'choose another place; no file was changed',
    }),
  FILE_EXISTS: (path: string) =>
    make('FILE_EXISTS', `${path} exists already`, { hint: 'add --force to replace it' }),

  // ---- manifest ------------------------------------------------------------------------------------
  MANIFEST_INVALID: (path: string, details: readonly string[], hint?: string) =>
    make(
      'MANIFEST_INVALID',
      `${path} has ${details.length === 1 ? 'a problem' : `${details.length} problems`}`,
      {
        details,
        hint: hint ?? 'mlctl help manifest shows every key',
      },
    ),
  MODEL_NOT_GIVEN: () =>
    make('MODEL_NOT_GIVEN', 'no model was named, and there is no mlctl.yaml in this folder', {
      hint: 'name a model file, or write a manifest with mlctl init <model>',
    }),
  NO_RUNTIME: (format: string, runtime: string) =>
    make('NO_RUNTIME', `${runtime} does not run ${format} models`, {
      hint: 'leave --runtime out to have one chosen, or convert the model first',
    }),

  // ---- models --------------------------------------------------------------------------------------
  FORMAT_UNKNOWN: (path: string, saw: string, known: readonly string[], hint?: string) =>
    make('FORMAT_UNKNOWN', `${path} is not a model mlctl can read: ${saw}`, {
      hint: hint ?? `it reads ${known.join(', ')}`,
    }),
  MODEL_DAMAGED: (path: string, problem: string, where?: Where, cause?: unknown) =>
    make('MODEL_DAMAGED', `${path} is damaged: ${problem}`, {
      where,
      cause,
      hint: 'copy or export the file again; compare its size and sha256 with the original',
    }),
  SIGNATURE_UNKNOWN: (path: string, name: string, known: readonly string[]) =>
    make(
      'SIGNATURE_UNKNOWN',
      known.length === 0 ? `${path} has no signatures` : `${path} has no signature named ${name}`,
      {
        hint: known.length === 0 ? 'leave --signature out' : `it has ${known.join(', ')}`,
      },
    ),
  MODEL_INVALID: (problem: string, where?: Where) => make('MODEL_INVALID', problem, { where }),
  OPSET_UNSUPPORTED: (opset: number, oldest: number, newest: number) =>
    make(
      'OPSET_UNSUPPORTED',
      `the model is written for ai.onnx opset ${opset}; mlctl reads ${oldest} to ${newest}`,
      {
        hint:
          opset < oldest
            ? 'export it again with a current exporter'
            : 'export it again for opset 21, or update mlctl',
      },
    ),
  OPSET_TOO_OLD: (opset: number, least: number, details: readonly string[]) =>
    make('OPSET_TOO_OLD', `opset ${opset} cannot say what the model does; opset ${least} can`, {
      details,
      hint: `--opset ${least}`,
    }),
  OP_UNSUPPORTED: (
    message: string,
    details: readonly string[],
    hint: string,
    where?: Where,
    unsupported: readonly UnsupportedOp[] = [],
  ) => make('OP_UNSUPPORTED', message, { details, hint, where, unsupported }),

  MODEL_TOO_LARGE: (format: string, bytes: number, most: string) =>
    make('MODEL_TOO_LARGE', `the model's weights have ${bytes} bytes, and a ${format} file ends at ${most}`, {
      hint: 'store the weights as float16 or int8, or write ONNX, which keeps weights in a file beside it',
    }),

  // ---- external data of a model ----------------------------------------------------------------------
  EXTERNAL_DATA_OUTSIDE: (path: string, location: string, why: string) =>
    make('EXTERNAL_DATA_OUTSIDE', `${path} keeps weights outside its own folder: ${location} ${why}`, {
      where: { file: path },
      hint: 'mlctl reads weights only from the folder of the model; move the file there and save the model again',
    }),
  EXTERNAL_DATA_MISSING: (path: string, location: string) =>
    make('EXTERNAL_DATA_MISSING', `${path} keeps weights in ${location}, which is not beside it`, {
      where: { file: path },
      hint: 'copy that file into the folder of the model',
    }),

  // ---- Keras files -----------------------------------------------------------------------------------
  WEIGHTS_ONLY: (path: string, layers: readonly string[]) =>
    make(
      'WEIGHTS_ONLY',
      `${path} holds only weights${layers.length === 0 ? '' : ` (of ${some(layers)})`}: the architecture, model_config, is not in it`,
      {
        hint: `name the architecture too: mlctl convert model.json --weights ${path}; or save the whole model with model.save("model.keras")`,
      },
    ),
  NOT_A_MODEL: (path: string, holds: readonly string[]) =>
    make('NOT_A_MODEL', `${path} is an HDF5 file without a Keras model in it; it holds ${some(holds)}`, {
      hint: 'a Keras model has the attribute model_config; save one with model.save("model.h5")',
    }),
  FORMAT_NOT_YET: (path: string, what: string, hint?: string) =>
    make('FORMAT_NOT_YET', `${path} is ${what}, which this version of mlctl recognises but does not read`, {
      hint: hint ?? 'load it in Keras and save it as HDF5: model.save("model.h5")',
    }),

  WEIGHTS_NOT_GIVEN: (path: string) =>
    make('WEIGHTS_NOT_GIVEN', `${path} is an architecture without weights`, {
      where: { file: path },
      hint: `name the file that save_weights wrote: mlctl convert ${path} --weights model.weights.h5 --to onnx`,
    }),
  NO_WEIGHTS: (path: string, holds: readonly string[]) =>
    make('NO_WEIGHTS', `${path} is an HDF5 file without Keras weights in it; it holds ${some(holds)}`, {
      where: { file: path },
      hint: 'write them with model.save_weights("model.weights.h5")',
    }),
  ARCHIVE_UNSUPPORTED: (path: string, problem: string) =>
    make('ARCHIVE_UNSUPPORTED', `${path} cannot be unpacked: ${problem}`, {
      where: { file: path },
      hint: 'save the model again with model.save("model.keras"), or pack the files as an ordinary zip',
    }),

  // ---- converting ------------------------------------------------------------------------------------
  OUTPUT_IS_INPUT: (path: string) =>
    make('OUTPUT_IS_INPUT', `${path} is the model itself; it is never overwritten`, {
      hint: 'name another file with --output',
    }),
  CALIBRATION_MISSING: (dtype: string) =>
    make('CALIBRATION_MISSING', `${dtype} needs to see what the values of the graph are on real data`, {
      hint: 'add --calibration FILE with a few hundred rows like those the model will get',
    }),
  PARITY_UNCHECKED: (problem: string, cause?: unknown) =>
    make('PARITY_UNCHECKED', `the conversion cannot be checked: ${problem}`, {
      cause,
      hint: 'nothing was written; --no-verify writes it unchecked',
    }),

  // ---- runtimes --------------------------------------------------------------------------------------
  MODEL_NOT_RUNNABLE: (path: string, runtime: string, reason: string, details: readonly string[]) =>
    make(
      'MODEL_NOT_RUNNABLE',
      `${runtime} cannot run ${path}: ${reason}; and its graph cannot be run instead`,
      {
        details,
        hint: 'export the model again without these operators',
      },
    ),
  FEED_INVALID: (input: string, problem: string) =>
    make('FEED_INVALID', `input ${input}: ${problem}`, {
      hint: '`mlctl inspect` lists the inputs of the model with their dtypes and shapes',
    }),
  RUNTIME_MISSING: (runtime: string, problem: string) =>
    make('RUNTIME_MISSING', `${runtime} cannot be loaded here: ${problem}`, {
      hint: '`mlctl version --json` lists the runtimes found',
    }),
  RUNTIME_FAILED: (runtime: string, problem: string, cause?: unknown) =>
    make('RUNTIME_FAILED', `${runtime} failed: ${problem}`, { cause }),

  // ---- data ------------------------------------------------------------------------------------------
  DATA_UNKNOWN: (path: string, saw: string, known: readonly string[]) =>
    make('DATA_UNKNOWN', `${path} is not data mlctl can read: ${saw}`, {
      hint: `it reads ${known.join(', ')}`,
    }),
  DATA_EMPTY: (path: string, saw: string) =>
    make('DATA_EMPTY', `${path} has no rows: ${saw}`, {
      hint: 'check that the step that wrote it had something to write',
    }),
  DATA_INVALID: (path: string, problem: string, where?: Where, hint?: string, cause?: unknown) =>
    make('DATA_INVALID', `${path}${where?.line === undefined ? '' : `:${where.line}`}: ${problem}`, {
      where: { file: path, ...where },
      hint,
      cause,
    }),
  DATA_TOO_LARGE: (path: string, problem: string) =>
    make('DATA_TOO_LARGE', `${path} is too large to evaluate at once: ${problem}`, {
      hint: 'take a sample of it, or split it into several files',
    }),
  DATA_NOT_GIVEN: () =>
    make('DATA_NOT_GIVEN', 'no data was named', {
      hint: 'add --data FILE, or evaluate.data to the manifest',
    }),
  COLUMN_MISSING: (path: string, column: string, hint: string) =>
    make('COLUMN_MISSING', `${path} has no column ${JSON.stringify(column)}`, {
      where: { file: path },
      hint,
    }),
  TARGET_MISSING: (path: string, problem: string, hint: string) =>
    make('TARGET_MISSING', `${path}: ${problem}`, { where: { file: path }, hint }),
  FEATURES_MISMATCH: (problem: string, hint: string, details: readonly string[] = []) =>
    make('FEATURES_MISMATCH', problem, { hint, details }),
  ROWS_MISMATCH: (problem: string, hint: string) => make('ROWS_MISMATCH', problem, { hint }),
  LABEL_INVALID: (problem: string, hint: string, where?: Where) =>
    make('LABEL_INVALID', problem, { hint, where }),

  // ---- evaluation --------------------------------------------------------------------------------------
  OUTPUT_UNCLEAR: (problem: string, hint: string) => make('OUTPUT_UNCLEAR', problem, { hint }),
  METRIC_UNKNOWN: (name: string, hint: string) =>
    make('METRIC_UNKNOWN', `${JSON.stringify(name)} is not a metric`, { hint }),
  METRIC_NOT_APPLICABLE: (name: string, problem: string, hint?: string) =>
    make('METRIC_NOT_APPLICABLE', `${name} cannot be computed here: ${problem}`, { hint }),
  NOT_A_NUMBER: (what: string, row: number, hint: string) =>
    make('NOT_A_NUMBER', `${what} is not a finite number in row ${row}`, { hint }),
  GATE_INVALID: (gate: string, problem: string) =>
    make('GATE_INVALID', `gate ${JSON.stringify(gate)}: ${problem}`, {
      hint: 'write it as "accuracy>=0.95"; the comparisons are >= > <= < ==',
    }),

  // ---- serving ---------------------------------------------------------------------------------------
  PORT_IN_USE: (host: string, port: number) =>
    make('PORT_IN_USE', `port ${port} on ${host} is in use by another process`, {
      hint: '--port 0 picks a free one; or stop the process that has it',
    }),
  ADDRESS_UNUSABLE: (host: string, port: number, cause: unknown) =>
    make('ADDRESS_UNUSABLE', `cannot listen on ${host} port ${port}: ${listenReason(cause)}`, {
      cause,
      hint: '--host takes an address of this machine, such as 127.0.0.1 or 0.0.0.0; ports below 1024 need privileges',
    }),
  MODEL_NAME_TAKEN: (name: string, first: string, second: string) =>
    make('MODEL_NAME_TAKEN', `${first} and ${second} would both be served as ${name}`, {
      hint: `give one another name: mlctl serve other=${second}`,
    }),

  // ---- store and deploy ------------------------------------------------------------------------------
  STORE_DAMAGED: (path: string, expected: string, actual: string) =>
    make('STORE_DAMAGED', `${path} is not what was stored: expected ${expected}, found ${actual}`, {
      hint: 'deploy the model again; the damaged version is not served',
    }),
  VERSION_UNKNOWN: (name: string, version: string, known: readonly string[]) =>
    make('VERSION_UNKNOWN', `${name} has no version ${version}`, {
      hint: known.length > 0 ? `it has ${known.join(', ')}` : 'nothing was deployed yet: mlctl deploy',
    }),
  NOT_DEPLOYED: (name: string, hint?: string) =>
    make('NOT_DEPLOYED', `${name} is not deployed here`, { hint: hint ?? 'mlctl deploy starts it' }),
  DEPLOYED_ELSEWHERE: (name: string, url: string) =>
    make('DEPLOYED_ELSEWHERE', `${name} answers on ${url} already, and a running deployment keeps its port`, {
      hint: `mlctl stop ${name}, then deploy again to move it`,
    }),
  NO_PREVIOUS_VERSION: (name: string) =>
    make('NO_PREVIOUS_VERSION', `${name} has no earlier version to go back to`, {
      hint: 'mlctl status lists the versions; mlctl rollback --to <version> picks one',
    }),
  DEPLOY_FAILED: (name: string, version: string, problem: string, still: string | null) =>
    make('DEPLOY_FAILED', `version ${version} of ${name} was not switched to: ${problem}`, {
      hint: still === null ? 'nothing is serving; see server.log' : `version ${still} still answers`,
    }),

  // ---- monitor ---------------------------------------------------------------------------------------
  LOG_NOT_FOUND: (folder: string) =>
    make('LOG_NOT_FOUND', `there is no prediction log at ${folder}`, {
      hint: 'mlctl serve writes one; name its folder with --log',
    }),
} as const;

function make(code: string, message: string, options: ErrorOptions): MlctlError {
  return new MlctlError(code as ErrorCode, message, options);
}

/** Why an address cannot be listened on. */
function listenReason(cause: unknown): string {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  if (code === 'EADDRNOTAVAIL') return 'no network interface of this machine has that address';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no such host';
  return reason(cause);
}

function isPermission(cause: unknown): boolean {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return code === 'EACCES' || code === 'EPERM';
}

/** The operating system's reason in words, without the path Node repeats in it. */
export function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code;
  const known: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOENT: 'no such folder',
    ENOTDIR: 'part of the path is not a folder',
    EISDIR: 'it is a folder',
    ENOSPC: 'no space left on the device',
    EMFILE: 'too many open files',
    ENAMETOOLONG: 'the name is too long',
  };
  return (code && known[code]) ?? cause.message;
}

/** The first names of a list, and how many more there are. */
function some(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const rest = names.length - 5;
  return names.slice(0, 5).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
