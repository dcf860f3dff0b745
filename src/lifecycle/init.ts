// Writes mlctl.yaml for a model, and what its data adds.

import { access, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { ImageSet } from '../datasets/definition.ts';
import { errors } from '../errors.ts';
import { checkName, nameOf } from '../manifest/name.ts';
import type { ModelParts } from '../manifest/project.ts';
import { type TemplateData, template } from '../manifest/template.ts';
import type { TensorInfo } from '../runtimes/session.ts';
import { checkTarget, writeArtifact } from './artifact.ts';
import { findColumn } from './evaluate/columns.ts';
import { planImages } from './evaluate/image-plan.ts';
import { inspect } from './inspect.ts';

// More distinct targets than this are numbers or texts, not classes.
const MAX_LABELS = 1000;

export type InitOptions = ModelParts & {
  readonly model: string;
  readonly name?: string;
  /** Test data: fills in columns, labels and the evaluate section. */
  readonly data?: string;
  readonly target?: string;
  /** Training data: fills in the monitor section. */
  readonly reference?: string;
  /** `-` is standard output. */
  readonly output?: string;
  readonly force?: boolean;
};

export type InitResult = { readonly manifest: string; readonly model: string; readonly name: string };

export type Initialized = {
  readonly result: InitResult;
  /** The manifest itself, when it goes to standard output. */
  readonly content: string | undefined;
};

/** Errors: USAGE, those of inspect and of reading the data, COLUMN_MISSING, FILE_EXISTS without force, FILE_UNWRITABLE. */
export async function init(options: InitOptions, context: Context): Promise<Initialized> {
  const { data, target, weights, signature } = options;
  if (data !== undefined && target === undefined && !(await isFolder(data, context)))
    throw errors.USAGE('--data needs --target', 'name the column to predict');
  if (data === undefined && target !== undefined)
    throw errors.USAGE('--target needs --data', 'name the file that has the column');
  const { inputs, outputs } = await inspect(
    {
      model: options.model,
      ...(weights === undefined ? {} : { weights }),
      ...(signature === undefined ? {} : { signature }),
    },
    context,
  );
  const manifest = options.output ?? 'mlctl.yaml';
  const isStream = manifest === '-';
  const path = resolve(context.cwd, isStream ? 'mlctl.yaml' : manifest);
  const inManifest = (file: string) => relative(dirname(path), resolve(context.cwd, file));
  const name = checkName(options.name ?? nameOf(options.model));
  const model = inManifest(options.model);
  const text = template({
    name,
    model,
    ...(weights === undefined ? {} : { weights: inManifest(weights) }),
    ...(signature === undefined ? {} : { signature }),
    inputs,
    outputs,
    ...(data === undefined ? {} : { data: await describeData(data, target, inputs[0], inManifest, context) }),
    ...(options.reference === undefined
      ? {}
      : { reference: inManifest(await present(options.reference, context)) }),
  });
  if (!isStream) {
    await checkTarget(path, manifest);
    const files = [{ name: basename(path), chunks: [Buffer.from(text)] }];
    await writeArtifact(path, files, { force: options.force ?? false, shown: manifest });
  }
  return { result: { manifest, model, name }, content: isStream ? text : undefined };
}

async function present(file: string, { cwd }: Context): Promise<string> {
  await access(resolve(cwd, file)).catch(() => {
    throw errors.FILE_NOT_FOUND(file);
  });
  return file;
}

async function describeData(
  data: string,
  target: string | undefined,
  input: Pick<TensorInfo, 'name' | 'shape'> | undefined,
  inManifest: (file: string) => string,
  context: Context,
): Promise<TemplateData> {
  const { readDataset } = await import('../datasets/read.ts');
  const dataset = await readDataset(data, context);
  if (dataset.kind === 'images' && input) {
    return { path: inManifest(data), ...describeImages(dataset.images, data, target, input) };
  }
  if (dataset.kind !== 'table' || target === undefined)
    throw errors.USAGE(`${data} has no columns`, 'leave --data out and fill in the manifest');
  const { columns } = dataset.table;
  const found = findColumn(dataset.table, target);
  const labels =
    found.kind === 'text' ? [...new Set(found.values.filter((value) => value !== null))].sort() : [];
  return {
    path: inManifest(data),
    target: found.name,
    columns: columns.filter((column) => column !== found).map((column) => column.name),
    labels: labels.length > MAX_LABELS ? [] : labels,
  };
}

/** Images say by their folders what is to be predicted. */
async function isFolder(path: string, { cwd }: Context): Promise<boolean> {
  return stat(resolve(cwd, path)).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

// Where the model takes any size: what most image models were trained on.
const usualSize = [224, 224] as const;

function describeImages(
  { classes }: ImageSet,
  shown: string,
  target: string | undefined,
  input: Pick<TensorInfo, 'name' | 'shape'>,
): Omit<TemplateData, 'path'> {
  if (classes === undefined || target !== undefined) {
    throw errors.USAGE(
      target === undefined
        ? `${shown} has no folder per class`
        : `--target names a column, and ${shown} holds images`,
      target === undefined ? 'put the images of each class into a folder of its name' : 'leave it out',
    );
  }
  const isSized = input.shape?.slice(1).every((dim) => typeof dim === 'number') ?? false;
  const { spec } = planImages(input, isSized ? {} : { size: usualSize });
  return { columns: [], size: [spec.height, spec.width], labels: classes.length > MAX_LABELS ? [] : classes };
}
