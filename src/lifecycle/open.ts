// Opens any model file for running: recognises the format, finds a runtime, converts in memory where none runs it as it is.

import type { Context } from '../context.ts';
import type { ModelParts } from '../manifest/project.ts';
import type { ModelSource, Session } from '../runtimes/session.ts';

export type LocatedModel = {
  /** As the user wrote it. */
  readonly path: string;
  /** Registered format name. */
  readonly format: string;
  /** sha256 of the file, hex. */
  readonly digest: string;
  /** What a runtime loads: the file itself, or ONNX bytes made from it. */
  readonly source: ModelSource;
  /** Name of the runtime that loads it. */
  readonly runtime: string;
};

export type OpenModel = LocatedModel & { readonly session: Session };

export type OpenOptions = ModelParts & {
  /** Registered runtime name; chosen by format when absent. */
  readonly runtime?: string;
  /** Registered format name; decided by content when absent. */
  readonly from?: string;
  readonly threads?: number;
};

/** Recognises and prepares a model without loading it: what `serve` hands to its workers. */
export async function locateModel(
  path: string,
  options: OpenOptions,
  context: Context,
): Promise<LocatedModel> {
  const { locate } = await import('./locate.ts');
  return locate(path, options, context);
}

/** Opens a model for running in this thread. Release `session` when done. */
export async function openModel(path: string, options: OpenOptions, context: Context): Promise<OpenModel> {
  const located = await locateModel(path, options, context);
  const { findRuntime } = await import('./locate.ts');
  const runtime = await findRuntime(located.runtime);
  const { openForReals } = await import('../runtimes/real-values.ts');
  const session = await openForReals(
    runtime,
    located.source,
    options.threads === undefined ? {} : { threads: options.threads },
  );
  return { ...located, session };
}
