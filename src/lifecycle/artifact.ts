// Writes an artifact so that it appears whole or not at all: into a folder of its own beside the target, then by renaming.

import { access, constants, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errors, MlctlError } from '../errors.ts';
import type { EncodedFile } from '../formats/definition.ts';
import { syncFolder, writeSynced } from '../store/atomic-write.ts';
import { digestOf } from './locate.ts';

export type Artifact = {
  readonly path: string;
  /** Of all its files. */
  readonly bytes: number;
  /** Of the file at `path`, hex. */
  readonly sha256: string;
};

/** An artifact that is complete on disk, but not yet where it belongs. */
export type StagedArtifact = Artifact & {
  /** Where it lies until then: the file can be opened, its companions are beside it. */
  readonly stagedPath: string;
  /** Companion files, when it has any. */
  readonly companions: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /**
   * Puts it in place, companions first. `'same'`: what is there already has the same content, nothing was touched.
   * Errors: FILE_EXISTS when something else is there and `force` is not set; FILE_UNWRITABLE.
   */
  readonly place: (options: { readonly force: boolean }) => Promise<'written' | 'same'>;
  /** Removes what was staged; harmless after `place`. */
  readonly discard: () => Promise<void>;
};

/**
 * Writes `files` to `path` and beside it. Errors: FILE_UNWRITABLE, FILE_EXISTS; then nothing was changed.
 *
 * @example
 * const { sha256 } = await writeArtifact('/models/iris.onnx', files, { force: false });
 */
export async function writeArtifact(
  path: string,
  files: readonly EncodedFile[],
  options: { readonly force: boolean } & StageOptions,
): Promise<Artifact> {
  const staged = await stageArtifact(path, files, options);
  try {
    await staged.place(options);
    return { path: staged.path, bytes: staged.bytes, sha256: staged.sha256 };
  } finally {
    await staged.discard();
  }
}

export type StageOptions = {
  /** The path as the user wrote it, for errors. */
  readonly shown?: string;
  /** Where to stage, when not beside `path`; then `place` may cross file systems and is not for use. */
  readonly folder?: string;
  readonly signal?: AbortSignal;
  /** Told how much has been written, for progress. */
  readonly onBytes?: (done: number, total: number) => void;
};

/** Writes the files beside their target, synced to disk. Errors: FILE_UNWRITABLE; the signal's reason. */
export async function stageArtifact(
  path: string,
  files: readonly EncodedFile[],
  { shown = path, folder = dirname(path), signal, onBytes }: StageOptions = {},
): Promise<StagedArtifact> {
  let staging: string;
  try {
    // A part of the name says whose it is; all of it might leave no room for what makes it unique.
    staging = await mkdtemp(join(folder, `.${basename(path).slice(0, 40)}.`));
  } catch (cause) {
    throw errors.FILE_UNWRITABLE(shown, cause);
  }
  const discard = () => rm(staging, { recursive: true, force: true });
  try {
    const written: { name: string; bytes: number; sha256: string }[] = [];
    const total = files.reduce(
      (sum, { chunks }) => sum + chunks.reduce((all, { length }) => all + length, 0),
      0,
    );
    let before = 0;
    for (const file of files) {
      // A writer gives plain names; anything else would leave the folder.
      const name = basename(file.name);
      const onFile = (done: number) => onBytes?.(before + done, total);
      const made = await writeSynced(join(staging, name), file.chunks, { signal, onBytes: onFile });
      before += made.bytes;
      written.push({ name, ...made });
    }
    const [main, ...companions] = written;
    if (!main) throw new TypeError('an artifact needs a file');
    return {
      path,
      bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
      sha256: main.sha256,
      stagedPath: join(staging, main.name),
      companions,
      place: ({ force }) =>
        place(staging, path, shown, [...companions, { ...main, as: basename(path) }], force),
      discard,
    };
  } catch (cause) {
    await discard();
    throw cause instanceof MlctlError || signal?.aborted ? cause : errors.FILE_UNWRITABLE(shown, cause);
  }
}

/** Refuses early what could not be written in the end: a missing folder, a folder or device in the way. */
export async function checkTarget(path: string, shown = path): Promise<void> {
  try {
    if (!(await stat(dirname(path))).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw errors.FILE_UNWRITABLE(shown, cause);
  }
  const present = await stat(path).catch(() => undefined);
  if (present?.isDirectory())
    throw errors.FILE_UNWRITABLE(shown, Object.assign(new Error(), { code: 'EISDIR' }));
  if (present && !present.isFile())
    throw errors.FILE_UNWRITABLE(shown, new Error('it is not a regular file'));
}

/** Whether both paths are the same file, whatever links lead there. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

type Piece = { readonly name: string; readonly sha256: string; readonly as?: string };

async function place(
  staging: string,
  path: string,
  shown: string,
  pieces: readonly Piece[],
  force: boolean,
): Promise<'written' | 'same'> {
  const folder = dirname(path);
  const targets = pieces.map(({ name, as, sha256 }) => ({
    from: join(staging, name),
    to: join(folder, as ?? name),
    sha256,
  }));
  const present = await Promise.all(targets.map(({ to }) => digestOf(to).catch(() => undefined)));
  if (targets.every(({ sha256 }, index) => present[index] === sha256)) return 'same';
  const taken = targets.find((_, index) => present[index] !== undefined);
  if (taken && !force) throw errors.FILE_EXISTS(taken.to === path ? shown : taken.to);
  const placed: string[] = [];
  try {
    for (const [index, { from, to }] of targets.entries()) {
      await rename(from, to);
      if (present[index] === undefined) placed.push(to);
    }
    await syncFolder(folder);
    return 'written';
  } catch (cause) {
    for (const path of placed) await rm(path, { force: true });
    throw errors.FILE_UNWRITABLE(shown, cause);
  }
}
