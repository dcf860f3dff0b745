// What a model file says about itself.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors, MlctlError } from '../errors.ts';
import type { Description, Format, ReadOptions } from '../formats/definition.ts';
import { printModel } from '../graph/print.ts';
import { type ModelParts, openProject, partsOf, projectPath, shortPath } from '../manifest/project.ts';
import { digestOfAll, recognize } from './locate.ts';
import { type Preflight, preflight, unsupportedOf } from './preflight.ts';
import { readOptions } from './read-options.ts';

export type InspectOptions = ModelParts & {
  readonly model?: string;
  readonly config?: string;
  readonly from?: string;
  /** Read the graph too, and give it as text. */
  readonly ops?: boolean;
  /** A format to be asked whether the model could be written in it. */
  readonly target?: string;
};

export type InspectResult = Description &
  ModelParts & {
    readonly model: string;
    /** sha256, hex. */
    readonly digest: string;
    readonly bytes: number;
    /** One operator a line, as the reader lowers the file. */
    readonly graph?: string;
    /** Whether it could be written in the format asked for. */
    readonly target?: Preflight;
  };

/** Errors: MODEL_NOT_GIVEN, those of recognize, MODEL_DAMAGED. Unsupported layers are listed, not thrown, unless the graph is asked for: OP_UNSUPPORTED. */
export async function inspect(options: InspectOptions, context: Context): Promise<InspectResult> {
  const { path, parts } = await findModel(options, context);
  const format = await recognize(path, options.from, context);
  const absolute = resolve(context.cwd, path);
  const reading = readOptions(format, parts, context);
  const description = await describe(format, absolute, reading, options, context);
  const source = { format, path: absolute, reading };
  return {
    model: path,
    ...parts,
    ...description,
    bytes: await sizeOf(absolute, reading.weights),
    digest: await digestOfAll(absolute, reading.weights),
    ...(options.target === undefined
      ? {}
      : { target: await preflight(options.target, source, description, context) }),
    ...(options.ops ? { graph: printModel(await format.read(absolute, context, reading)) } : {}),
  };
}

/** Where the question is whether the model can be converted, a model that is code of its own is an answer, not an error. */
async function describe(
  format: Format,
  path: string,
  reading: ReadOptions,
  { target }: InspectOptions,
  context: Context,
): Promise<Description> {
  try {
    return await format.describe(path, context, reading);
  } catch (cause) {
    const isAnswer = target !== undefined && cause instanceof MlctlError && cause.code === 'OP_UNSUPPORTED';
    if (!isAnswer) throw cause;
    const unsupported = unsupportedOf(cause);
    const nothing = { inputs: [], outputs: [], operators: {}, parameters: 0, facts: {} };
    return { format: format.name, formatVersion: format.title, producer: '', ...nothing, unsupported };
  }
}

/** Of all files of a model, in bytes. */
export async function sizeOf(...paths: readonly (string | undefined)[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) if (path !== undefined) bytes += (await stat(path)).size;
  return bytes;
}

async function findModel(
  options: InspectOptions,
  context: Context,
): Promise<{ readonly path: string; readonly parts: ModelParts }> {
  const path = await modelPath(options, context);
  // A bare file is nobody's: a manifest that merely lies in the folder may be broken.
  const isBare = options.model !== undefined && options.config === undefined;
  const project = isBare ? undefined : await openProject(options.config, context);
  return { path, parts: partsOf(options, project, path, context) };
}

/** The model named on the command line, otherwise the manifest's. Errors: MODEL_NOT_GIVEN. */
export async function modelPath(
  { model, config }: { readonly model?: string | undefined; readonly config?: string | undefined },
  context: Context,
): Promise<string> {
  if (model !== undefined) return model;
  const project = await openProject(config, context);
  if (!project) throw errors.MODEL_NOT_GIVEN();
  return shortPath(projectPath(project, project.manifest.model), context);
}
