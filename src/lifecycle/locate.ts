// Recognises a model file and prepares what a runtime loads.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { readHead } from '../datasets/probe.ts';
import { errors, MlctlError } from '../errors.ts';
import type { Format, Probe, ReadOptions } from '../formats/definition.ts';
import { formats } from '../formats/index.ts';
import type { Model } from '../graph/model.ts';
import { didYouMean } from '../nearest.ts';
import { runtimes } from '../runtimes/index.ts';
import type { ModelSource, Runtime } from '../runtimes/session.ts';
import type { LocatedModel, OpenOptions } from './open.ts';
import { readOptions } from './read-options.ts';

/** The format of a model file, by content. Errors: FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_UNKNOWN, FORMAT_NOT_YET. */
export async function recognize(path: string, from: string | undefined, context: Context): Promise<Format> {
  const known: readonly Format[] = formats;
  if (path === '-')
    throw errors.USAGE('a model is read from a file, not from standard input', 'save it, then name the file');
  const probe = await probeFile(resolve(context.cwd, path), path);
  if (from !== undefined) {
    const format = known.find(({ name }) => name === from);
    if (!format)
      throw errors.USAGE(
        `${from} is not a format`,
        didYouMean(
          from,
          known.map(({ name }) => name),
        ),
      );
    const { contradiction } = await import('./foreign-file.ts');
    const refused = await contradiction(probe, path, format, known);
    if (refused) throw refused;
    return format;
  }
  const format = known.find((candidate) => candidate.match(probe));
  if (format) return format;
  throw await (await import('./foreign-file.ts')).refusal(probe, path, known);
}

/** Errors: as recognize, and what the format's reader throws when no runtime takes the file as it is. */
export async function locate(path: string, options: OpenOptions, context: Context): Promise<LocatedModel> {
  const format = await recognize(path, options.from, context);
  const absolute = resolve(context.cwd, path);
  const reading = readOptions(format, options, context);
  const digest = await digestOfAll(absolute, reading.weights);
  const runtime = options.runtime ? await findRuntime(options.runtime) : chooseRuntime(format.name);
  const shared = { path, format: format.name, digest, runtime: runtime.name };
  const isTaken = runtime.formats.includes(format.name) || runtime.onRequest?.includes(format.name);
  if (isTaken && reading.weights === undefined) {
    await format.guard?.(absolute, context);
    const { signature } = reading;
    const source = {
      format: format.name,
      path: absolute,
      ...(signature === undefined ? {} : { signature }),
    };
    const reason = options.runtime === undefined ? await runtime.refusal?.(source) : undefined;
    if (reason === undefined) return { ...shared, source };
    return {
      ...shared,
      ...(await detour(runtime, reason, { format, path: absolute, reading }, path, context)),
    };
  }
  return { ...shared, source: await graphSource(runtime, { format, path: absolute, reading }, context) };
}

type File = { readonly format: Format; readonly path: string; readonly reading: ReadOptions };

/** The runtime made for the format cannot run this file: another may run its graph. */
async function detour(refusing: Runtime, reason: string, file: File, shown: string, context: Context) {
  const known: readonly Runtime[] = runtimes;
  const runtime = known.find(({ encode }) => encode);
  if (!runtime) throw errors.MODEL_NOT_RUNNABLE(shown, refusing.name, reason, []);
  try {
    const source = await graphSource(runtime, file, context);
    context.diagnose({
      code: 'RUNTIME_DETOUR',
      severity: 'warning',
      message: `${refusing.name} cannot run ${shown}: ${reason}. Its graph runs in ${runtime.name}`,
      where: { file: shown },
      args: { runtime: runtime.name, instead: refusing.name },
    });
    return { source, runtime: runtime.name };
  } catch (cause) {
    if (!(cause instanceof MlctlError) || cause.code !== 'OP_UNSUPPORTED') throw cause;
    throw errors.MODEL_NOT_RUNNABLE(shown, refusing.name, reason, cause.details);
  }
}

async function graphSource(
  runtime: Runtime,
  { format, path, reading }: File,
  context: Context,
): Promise<ModelSource> {
  if (!runtime.encode) throw errors.NO_RUNTIME(format.title, runtime.name);
  const source = await runtime.encode(await readOptimized(format, path, reading, context));
  const quantization = await format.quantization?.(path, reading);
  return quantization === undefined ? source : { ...source, quantization };
}

/** The runtime made for the format; otherwise the one that takes any graph. */
function chooseRuntime(format: string): Runtime {
  const known: readonly Runtime[] = runtimes;
  const found = known.find(({ formats }) => formats.includes(format)) ?? known.find(({ encode }) => encode);
  if (!found) throw errors.NO_RUNTIME(format, 'no runtime here');
  return found;
}

async function readOptimized(
  format: Format,
  path: string,
  reading: ReadOptions,
  context: Context,
): Promise<Model> {
  const model = await format.read(path, context, reading);
  const { optimize } = await import('./optimize.ts');
  await optimize(model, context);
  return model;
}

export async function findRuntime(name: string): Promise<Runtime> {
  const known: readonly Runtime[] = runtimes;
  const found = known.find((runtime) => runtime.name === name);
  if (!found)
    throw errors.USAGE(
      `${name} is not a runtime`,
      didYouMean(
        name,
        known.map((runtime) => runtime.name),
      ),
    );
  return found;
}

/** Of a model in one file or two: with weights apart, the sha256 of both digests. */
export async function digestOfAll(path: string, weights: string | undefined): Promise<string> {
  const digest = await digestOf(path);
  if (weights === undefined) return digest;
  return createHash('sha256')
    .update(`${digest}\n${await digestOf(weights)}\n`)
    .digest('hex');
}

/** sha256 of a file, or of the sorted names and digests of a folder's files; hex. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  if ((await stat(path)).isDirectory()) {
    for (const entry of (await readdir(path)).sort())
      hash.update(`${entry}\0${await digestOf(join(path, entry))}\n`);
  } else {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** Errors: FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function probeFile(path: string, shown: string): Promise<Probe> {
  const extension = extname(path).toLowerCase();
  try {
    const info = await stat(path);
    if (info.isDirectory()) return { path, isFolder: true, bytes: 0, head: new Uint8Array(), extension };
    return { path, isFolder: false, bytes: info.size, head: await readHead(path, info.size), extension };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw errors.FILE_NOT_FOUND(shown);
    throw errors.FILE_UNREADABLE(shown, cause);
  }
}
