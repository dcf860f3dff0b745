// Finds and opens mlctl.yaml: the manifest, and the folder its paths are relative to.

import { relative, resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { Manifest } from './schema.ts';

export type Project = {
  readonly manifest: Manifest;
  /** Absolute path of the manifest file. */
  readonly path: string;
  /** Absolute folder that relative paths in the manifest start from. */
  readonly folder: string;
};

/**
 * The manifest at `config`, or `mlctl.yaml` in the current folder when there is one, else undefined.
 * Errors: FILE_NOT_FOUND when `config` was given and is not there; MANIFEST_INVALID lists every problem with its line.
 */
export async function openProject(
  config: string | undefined,
  context: Context,
): Promise<Project | undefined> {
  const { readManifest } = await import('./read.ts');
  return readManifest(resolve(context.cwd, config ?? 'mlctl.yaml'), config !== undefined, context);
}

/** An absolute path for a path written in the manifest. */
export function projectPath(project: Project, path: string): string {
  return resolve(project.folder, path);
}

/** A path as people like to read it: from the current folder when it lies below, absolute otherwise. */
export function shortPath(path: string, context: Context): string {
  const fromHere = relative(context.cwd, path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}
