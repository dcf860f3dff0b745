// Says before converting whether a model can be written in a format: what could not be, all of it, and what would be
// written otherwise than it was. Nothing is written and no model is run, but for folding constants.

import type { Context } from '../context.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { errors, MlctlError } from '../errors.ts';
import type { Description, Format, ReadOptions, Unsupported } from '../formats/definition.ts';
import { formats } from '../formats/index.ts';
import { didYouMean } from '../nearest.ts';
import { optimize } from './optimize.ts';

export type Preflight = {
  /** Registered format name. */
  readonly format: string;
  readonly convertible: boolean;
  readonly unsupported: readonly Unsupported[];
  /** What is approximated, ignored or assumed. */
  readonly notes: readonly Diagnostic[];
};

/** Formats with a writer. */
export function writableFormats(): readonly Format[] {
  return (formats as readonly Format[]).filter(({ write }) => write !== undefined);
}

/** `description` is what the file says about itself. Errors: USAGE for an unknown target, those of the reader but for OP_UNSUPPORTED. */
export async function preflight(
  to: string,
  source: { readonly format: Format; readonly path: string; readonly reading: ReadOptions },
  description: Description,
  context: Context,
): Promise<Preflight> {
  const target = writableFormats().find(({ name }) => name === to);
  if (!target) {
    const known = writableFormats().map(({ name }) => name);
    throw errors.USAGE(`${JSON.stringify(to)} is not a format mlctl writes`, didYouMean(to, known));
  }
  const notes: Diagnostic[] = [];
  const listening: Context = { ...context, diagnose: (diagnostic) => notes.push(diagnostic) };
  const refused = description.unsupported.length > 0 ? description.unsupported : undefined;
  const unsupported = refused ?? (await refusedBy(source, target, listening));
  return { format: target.name, convertible: unsupported.length === 0, unsupported, notes: once(notes) };
}

async function refusedBy(
  { format, path, reading }: Parameters<typeof preflight>[1],
  target: Format,
  context: Context,
): Promise<readonly Unsupported[]> {
  const step = context.progress.step(`Checking for ${target.title}`);
  try {
    const model = await format.read(path, context, reading);
    await optimize(model, context);
    if (target.preflight) return await target.preflight(model, context);
    await target.write?.(model, { fileName: `model${target.extensions[0] ?? ''}` }, context);
    return [];
  } catch (cause) {
    if (!(cause instanceof MlctlError) || cause.code !== 'OP_UNSUPPORTED') throw cause;
    return unsupportedOf(cause);
  } finally {
    step.end();
  }
}

/** What an OP_UNSUPPORTED lists, each with its way out. */
export function unsupportedOf({ unsupported, message, where, hint }: MlctlError): readonly Unsupported[] {
  const way = hint === undefined ? {} : { hint };
  if (unsupported.length > 0) return unsupported.map((item) => ({ ...way, ...item }));
  const place = where?.layer ?? where?.node;
  return [{ opType: '', reason: message, where: place === undefined ? [] : [place], ...way }];
}

function once(notes: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(notes.map((note) => [JSON.stringify(note), note])).values()];
}
