// Serves models over HTTP in this process, until `close` is called on what it returns.

import { basename, extname, join, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { emptySignature, type Signature } from '../graph/signature.ts';
import { nameOf } from '../manifest/name.ts';
import { type ModelParts, openProject, type Project, partsOf, projectPath } from '../manifest/project.ts';
import type { LogOptions, RunningServer, ServedModel, ServerOptions } from '../server/definition.ts';
import { locateModel } from './open.ts';
import { defaultLimits, defaultLog } from './serve-defaults.ts';

export type ServeOptions = ModelParts & {
  /** Files, served under their names without extension, or `name=file`; the manifest's model when empty. */
  readonly models?: readonly string[];
  readonly config?: string;
  readonly from?: string;
  readonly runtime?: string;
  readonly host?: string;
  readonly port?: number;
  /** Folder of the prediction log; false turns it off. By default on with a manifest, off for bare files. */
  readonly log?: string | false;
  readonly maxBody?: number;
  readonly maxQueue?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly inline?: ServerOptions['inline'];
  readonly workers?: number;
  readonly nonfinite?: ServerOptions['nonFinite'];
  readonly onRequest?: ServerOptions['onRequest'];
};

export type Serving = RunningServer & { readonly logFolder: string | undefined };

/** Errors: MODEL_NOT_GIVEN, MODEL_NAME_TAKEN, those of reading the models, PORT_IN_USE, ADDRESS_UNUSABLE, FILE_UNWRITABLE. */
export async function serve(options: ServeOptions, context: Context): Promise<Serving> {
  const project = await openProject(options.config, context);
  const wanted = wantedModels(options.models ?? [], project);
  if (options.weights !== undefined && wanted.length > 1) {
    throw errors.USAGE(
      '--weights belongs to one model, and several are named',
      'convert the architecture first: mlctl convert model.json --weights model.weights.h5 --to onnx',
    );
  }
  if (options.signature !== undefined && wanted.length > 1) {
    throw errors.USAGE(
      '--signature belongs to one model, and several are named',
      'convert what it names first: mlctl convert model.tflite --signature NAME --to tflite -o NAME.tflite',
    );
  }
  const models: ServedModel[] = [];
  for (const { name, path } of wanted) {
    const step = context.progress.step(`Reading ${basename(path)}`);
    const { from, runtime } = options;
    const located = await locateModel(
      path,
      {
        ...(from === undefined ? {} : { from }),
        ...partsOf(options, project, path, context),
        ...(runtime === undefined ? {} : { runtime }),
      },
      context,
    ).finally(() => step.end());
    const { digest, format, source } = located;
    const signature = signatureFor(path, name, project, context);
    models.push({ name, digest, format, source, runtime: located.runtime, signature });
  }
  const settings = project?.manifest.serve;
  const log = logOptions(options, project, models, context);
  const { startServer } = await import('../server/server.ts');
  const server = await startServer(
    {
      host: options.host ?? settings?.host ?? '127.0.0.1',
      port: options.port ?? settings?.port ?? 8080,
      models,
      limits: {
        ...defaultLimits,
        maxBodyBytes: options.maxBody ?? settings?.maxBodyBytes ?? defaultLimits.maxBodyBytes,
        timeoutMs: options.timeout ?? settings?.timeoutMs ?? defaultLimits.timeoutMs,
        maxQueue: options.maxQueue ?? defaultLimits.maxQueue,
      },
      log,
      ...(options.inline === undefined ? {} : { inline: options.inline }),
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      ...(options.nonfinite === undefined ? {} : { nonFinite: options.nonfinite }),
      ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
    },
    context,
  );
  return { ...server, logFolder: log?.folder };
}

type Wanted = { readonly name: string; readonly path: string };

function wantedModels(given: readonly string[], project: Project | undefined): readonly Wanted[] {
  if (given.length === 0) {
    if (!project) throw errors.MODEL_NOT_GIVEN();
    return [{ name: project.manifest.name, path: projectPath(project, project.manifest.model) }];
  }
  const models = given.map((word) => {
    const equals = word.indexOf('=');
    // A path may hold "=", a name may not.
    const hasName = equals > 0 && /^[A-Za-z0-9][\w.-]*$/.test(word.slice(0, equals));
    if (hasName) return { name: word.slice(0, equals), path: word.slice(equals + 1) };
    return { name: nameOf(word), path: word };
  });
  for (const [index, { name, path }] of models.entries()) {
    const earlier = models.slice(0, index).find((other) => other.name === name);
    if (earlier) throw errors.MODEL_NAME_TAKEN(name, earlier.path, path);
  }
  return models;
}

/** The manifest's signature is about its own model: the file it names, or an artifact of the same name. */
function signatureFor(path: string, name: string, project: Project | undefined, context: Context): Signature {
  if (!project) return emptySignature;
  const { manifest } = project;
  const isItsModel =
    resolve(context.cwd, path) === projectPath(project, manifest.model) ||
    name === manifest.name ||
    basename(path, extname(path)) === basename(manifest.model, extname(manifest.model));
  const { inputs = {}, outputs = {} } = (isItsModel && manifest.signature) || {};
  return { inputs, outputs } as Signature;
}

function logOptions(
  { log, models = [] }: ServeOptions,
  project: Project | undefined,
  served: readonly ServedModel[],
  context: Context,
): LogOptions | undefined {
  if (log === false) return undefined;
  const settings = project?.manifest.serve?.log;
  const folder =
    log !== undefined
      ? resolve(context.cwd, log)
      : project && models.length === 0
        ? projectPath(project, settings?.folder ?? join('.mlctl', 'logs', served[0]?.name ?? 'model'))
        : undefined;
  if (folder === undefined) return undefined;
  return {
    folder,
    segmentBytes: settings?.segmentBytes ?? defaultLog.segmentBytes,
    maxBytes: settings?.maxBytes ?? defaultLog.maxBytes,
    maxElements: defaultLog.maxElements,
  };
}
