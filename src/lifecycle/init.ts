// Writes mlctl.yaml for a model, and what its data adds.

import { writeFile } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { type TemplateData, template } from '../manifest/template.ts';
import { didYouMean } from '../nearest.ts';
import { inspect } from './inspect.ts';

// More distinct targets than this are numbers or texts, not classes.
const MAX_LABELS = 1000;

export type InitOptions = {
  readonly model: string;
  readonly name?: string;
  /** Test data: fills in columns, labels and the evaluate section. */
  readonly data?: string;
  readonly target?: string;
  /** Training data: fills in the monitor section. */
  readonly reference?: string;
  readonly output?: string;
  readonly force?: boolean;
};

export type InitResult = { readonly manifest: string; readonly model: string; readonly name: string };

/** Errors: those of inspect and of reading the data, COLUMN_UNKNOWN, FILE_EXISTS without force, FILE_UNWRITABLE. */
export async function init(options: InitOptions, context: Context): Promise<InitResult> {
  const { inputs, outputs } = await inspect({ model: options.model }, context);
  const manifest = options.output ?? 'mlctl.yaml';
  const path = resolve(context.cwd, manifest);
  const inManifest = (file: string) => relative(dirname(path), resolve(context.cwd, file));
  const name = options.name ?? nameOf(options.model);
  const model = inManifest(options.model);
  const data = await describeData(options, inManifest, context);
  const text = template({ name, model, inputs, outputs, ...(data ? { data } : {}) });
  try {
    // 'wx' so that two inits at once cannot overwrite each other either.
    await writeFile(path, text, { flag: options.force ? 'w' : 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw errors.FILE_EXISTS(manifest);
    throw errors.FILE_UNWRITABLE(manifest, cause);
  }
  return { manifest, model, name };
}

async function describeData(
  { data, target, reference }: InitOptions,
  inManifest: (file: string) => string,
  context: Context,
): Promise<TemplateData | undefined> {
  if (data === undefined) return undefined;
  if (target === undefined) throw errors.USAGE('--data needs --target', 'name the column to predict');
  const { readDataset } = await import('../datasets/read.ts');
  const dataset = await readDataset(data, context);
  if (dataset.kind !== 'table')
    throw errors.USAGE(`${data} has no columns`, 'leave --data out and fill in the manifest');
  const { columns } = dataset.table;
  const found = columns.find((column) => column.name === target);
  if (!found) {
    throw errors.USAGE(
      `${data} has no column ${target}`,
      didYouMean(
        target,
        columns.map((column) => column.name),
      ),
    );
  }
  const labels =
    found.kind === 'text' ? [...new Set(found.values.filter((value) => value !== null))].sort() : [];
  return {
    path: inManifest(data),
    target,
    columns: columns.filter((column) => column !== found).map((column) => column.name),
    labels: labels.length > MAX_LABELS ? [] : labels,
    ...(reference === undefined ? {} : { reference: inManifest(reference) }),
  };
}

/** A file name as a model name: letters, digits, dots, dashes, underscores. */
export function nameOf(path: string): string {
  const stem = basename(path, extname(path))
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return stem || 'model';
}
