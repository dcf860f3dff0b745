// Writes mlctl.yaml for a model.

import { writeFile } from 'node:fs/promises';
import { basename, extname, relative, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { template } from '../manifest/template.ts';
import { inspect } from './inspect.ts';

export type InitOptions = {
  readonly model: string;
  readonly name?: string;
  readonly output?: string;
  readonly force?: boolean;
};

export type InitResult = { readonly manifest: string; readonly model: string; readonly name: string };

/** Errors: those of inspect, FILE_EXISTS without force, FILE_UNWRITABLE. */
export async function init(options: InitOptions, context: Context): Promise<InitResult> {
  const { inputs, outputs } = await inspect({ model: options.model }, context);
  const manifest = options.output ?? 'mlctl.yaml';
  const path = resolve(context.cwd, manifest);
  const name = options.name ?? nameOf(options.model);
  const model = relative(resolve(path, '..'), resolve(context.cwd, options.model));
  const text = template({ name, model, inputs, outputs });
  try {
    // 'wx' so that two inits at once cannot overwrite each other either.
    await writeFile(path, text, { flag: options.force ? 'w' : 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw errors.FILE_EXISTS(manifest);
    throw errors.FILE_UNWRITABLE(manifest, cause);
  }
  return { manifest, model, name };
}

/** A file name as a model name: letters, digits, dots, dashes, underscores. */
export function nameOf(path: string): string {
  const stem = basename(path, extname(path))
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return stem || 'model';
}
