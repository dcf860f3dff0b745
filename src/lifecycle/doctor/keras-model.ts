// Opens a Keras model for a check that looks at its layers and weights as they are stored.

import type { Context } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import { type OpenedModel, openModel } from '../../formats/keras/open-model.ts';
import type { Finding, Subject } from './definition.ts';

/** What `look` finds; nothing for other formats, and for files that other checks say cannot be opened. */
export async function lookIntoKeras(
  { format, path, reading }: Subject,
  context: Context,
  look: (opened: OpenedModel) => readonly Finding[],
): Promise<readonly Finding[]> {
  if (format?.name !== 'keras') return [];
  const opened = await openModel(path, context, reading).catch((cause: unknown) => {
    if (cause instanceof MlctlError) return undefined;
    throw cause;
  });
  if (!opened) return [];
  try {
    return look(opened);
  } finally {
    opened.file.close();
  }
}
