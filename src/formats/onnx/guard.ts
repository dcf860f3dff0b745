// What is looked at before a runtime gets the file of a stranger: onnxruntime follows whatever path a file names, ends
// the process over some attributes (the scales of a Resize) and never returns from some functions (each calling the next
// one twice). Reading the graph as a conversion would finds all of that; its weights are not read.

import type { Context } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import { companionsIn } from './companions.ts';
import { readModelFile } from './file.ts';
import { readBytes } from './read.ts';

/** Weights beside the model beyond this are not looked into: no shape is as long. */
const LARGEST_SHAPE = 64 * 1024;

/** The runtime may know what mlctl does not: other operators, older opsets, other types. */
const refused: ReadonlySet<string> = new Set([
  'MODEL_DAMAGED',
  'MODEL_INVALID',
  'EXTERNAL_DATA_MISSING',
  'EXTERNAL_DATA_OUTSIDE',
]);

/** Errors: FILE_NOT_FOUND, FILE_UNREADABLE, and those above. */
export async function guard(path: string, context: Context): Promise<void> {
  const bytes = await readModelFile(path);
  await companionsIn(bytes, path);
  try {
    await readBytes(bytes, path, { ...context, diagnose: () => {} }, { mostExternal: LARGEST_SHAPE });
  } catch (cause) {
    if (!(cause instanceof MlctlError) || refused.has(cause.code)) throw cause;
  }
}
