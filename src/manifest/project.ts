// Finds and opens mlctl.yaml: the manifest, and the folder its paths are relative to.

import { isAbsolute, relative, resolve } from 'node:path';
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
  const path = resolve(context.cwd, config ?? 'mlctl.yaml');
  const project = await readManifest(path, config !== undefined, context);
  if (project)
    context.tellSource?.(`what no flag and no MLCTL_* variable gives comes from ${shortPath(path, context)}`);
  return project;
}

/** An absolute path for a path written in the manifest. */
export function projectPath(project: Project, path: string): string {
  return resolve(project.folder, path);
}

/** What says which model a file is, beside its path. */
export type ModelParts = {
  /** The file with the weights, for an architecture in a file of its own; as people would type it. */
  readonly weights?: string;
  /** The name of one of its signatures, where it has several. */
  readonly signature?: string;
};

/** Of the model at `path`: what flags give, then what the manifest says when the model is its own. */
export function partsOf(
  given: { readonly [Part in keyof ModelParts]?: string | undefined },
  project: Project | undefined,
  path: string,
  context: Context,
): ModelParts {
  const own = ownParts(project, path, context);
  const { weights = own.weights, signature = own.signature } = given;
  return {
    ...(weights === undefined ? {} : { weights }),
    ...(signature === undefined ? {} : { signature }),
  };
}

function ownParts(project: Project | undefined, path: string, context: Context): ModelParts {
  if (!project) return {};
  const { model, weights, signature } = project.manifest;
  if (projectPath(project, model) !== resolve(context.cwd, path)) return {};
  return {
    ...(weights === undefined ? {} : { weights: shortPath(projectPath(project, weights), context) }),
    ...(signature?.name === undefined ? {} : { signature: signature.name }),
  };
}

/** A path as people like to read it: from the current folder when it lies below, absolute otherwise. */
export function shortPath(path: string, context: Context): string {
  const fromHere = relative(context.cwd, path);
  // On Windows a path on another drive stays absolute.
  const isBelow = fromHere !== '' && !/^\.\.([\\/]|$)/.test(fromHere) && !isAbsolute(fromHere);
  return isBelow ? fromHere : path;
}
