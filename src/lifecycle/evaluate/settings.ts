// What evaluate and predict take, with the manifest filled in behind the flags.

import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import type { Dataset } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import type { Signature } from '../../graph/signature.ts';
import {
  type ModelParts,
  openProject,
  type Project,
  partsOf,
  projectPath,
  shortPath,
} from '../../manifest/project.ts';
import { didYouMean } from '../../nearest.ts';
import { type MissingPolicy, missingPolicies } from './rows.ts';
import type { Scaling } from './scaling.ts';

/** Options of both commands; undefined ones come from the manifest or have a default. */
export type DataOptions = {
  readonly model?: string | undefined;
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly from?: string | undefined;
  readonly weights?: string | undefined;
  readonly signature?: string | undefined;
  readonly runtime?: string | undefined;
  readonly threads?: number | undefined;
  readonly target?: string | undefined;
  /** File of true values that belong to the rows of `data`. */
  readonly labels?: string | undefined;
  /** `a,b,c` or `NAME=a,b,c`. */
  readonly features?: readonly string[] | undefined;
  readonly scale?: number | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly missing?: string | undefined;
  readonly limit?: number | undefined;
  readonly batch?: number | undefined;
  /** Class names in index order. */
  readonly classes?: readonly string[] | undefined;
  readonly header?: boolean | undefined;
  readonly delimiter?: string | undefined;
  /** What `--data -` reads. */
  readonly stdin?: AsyncIterable<Uint8Array | string> | undefined;
};

export type Settings = {
  readonly project: Project | undefined;
  readonly model: string;
  readonly parts: ModelParts;
  readonly signature: Signature;
  readonly data: { readonly dataset: Dataset; readonly shown: string; readonly digest: string };
  readonly labels: { readonly dataset: Dataset; readonly shown: string } | undefined;
  readonly target: string | undefined;
  readonly scaling: Scaling;
  readonly missing: MissingPolicy;
  readonly batch: number;
};

const defaultBatch = 256;

/** Errors: MODEL_NOT_GIVEN, DATA_NOT_GIVEN, USAGE, MANIFEST_INVALID, those of readDataset. */
export async function settle(options: DataOptions, context: Context): Promise<Settings> {
  const found = await openProject(options.config, context);
  const project = found && isAbout(found, options, context) ? found : undefined;
  const { signature, evaluate } = project?.manifest ?? {};
  const model =
    options.model ?? (project && shortPath(projectPath(project, project.manifest.model), context));
  if (model === undefined) throw errors.MODEL_NOT_GIVEN();
  const path =
    options.data ?? (project && evaluate?.data && shortPath(projectPath(project, evaluate.data), context));
  if (path === undefined) throw errors.DATA_NOT_GIVEN();
  const missing = missingPolicies.find((policy) => policy === (options.missing ?? 'error'));
  if (missing === undefined) {
    throw errors.USAGE(
      `--missing ${options.missing} is not known`,
      didYouMean(options.missing ?? '', missingPolicies),
    );
  }
  // Before the data, which may take a while to read.
  const { recognize } = await import('../locate.ts');
  await recognize(model, options.from, context);
  return {
    project,
    model,
    parts: partsOf(options, project, model, context),
    signature: { inputs: inputsOf(signature?.inputs), outputs: outputsOf(signature?.outputs) },
    data: await openData(path, options, context),
    labels: options.labels === undefined ? undefined : await openData(options.labels, {}, context),
    // A target of the manifest is that of its data; other data may not have the column.
    target: options.target ?? (options.labels === undefined ? evaluate?.target : undefined),
    scaling: { scale: options.scale, mean: options.mean, std: options.std },
    missing,
    batch: options.batch ?? evaluate?.batch ?? defaultBatch,
  };
}

/**
 * Whether the manifest speaks of this work. One that merely lies in the folder does not when another model and
 * other data are named: its columns, classes and gates would be those of something else.
 */
function isAbout(project: Project, { config, model, data }: DataOptions, { cwd }: Context): boolean {
  if (config !== undefined || model === undefined || data === undefined) return true;
  const { manifest } = project;
  const outputs = (manifest.convert ?? []).flatMap(({ output }) => output ?? []);
  const models = [manifest.model, ...outputs].map((path) => projectPath(project, path));
  const isItsData =
    manifest.evaluate?.data !== undefined &&
    projectPath(project, manifest.evaluate.data) === resolve(cwd, data);
  return models.includes(resolve(cwd, model)) || isItsData;
}

type Declared = NonNullable<NonNullable<Project['manifest']['signature']>>;

// The manifest's optional keys may be undefined, the signature's are absent.
function inputsOf(inputs: Declared['inputs']): Signature['inputs'] {
  return (inputs ?? {}) as Signature['inputs'];
}

function outputsOf(outputs: Declared['outputs']): Signature['outputs'] {
  return (outputs ?? {}) as Signature['outputs'];
}

async function openData(
  path: string,
  options: Pick<DataOptions, 'header' | 'delimiter' | 'stdin'>,
  context: Context,
): Promise<Settings['data']> {
  const [{ readDataset }, { digestOfData }] = await Promise.all([
    import('../../datasets/read.ts'),
    import('./data-digest.ts'),
  ]);
  const { header, delimiter } = options;
  const read = async (file: string, shown: string) => {
    const dataset = await readDataset(file, context, { header, delimiter, shown });
    return { dataset, shown, digest: await digestOfData(dataset, resolve(context.cwd, file)) };
  };
  const step = context.progress.step(`Reading ${path === '-' ? 'standard input' : path}`);
  try {
    if (path !== '-') return await read(path, path);
    if (!options.stdin) throw errors.USAGE('--data - reads standard input, and there is none here');
    const { withTemporaryFile } = await import('./temporary-file.ts');
    return await withTemporaryFile(options.stdin, (file) => read(file, 'standard input'));
  } finally {
    step.end();
  }
}
