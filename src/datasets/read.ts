// Reads any data file: looks at its content, picks the format, hands back columns or arrays.

import { extname, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { identify } from '../encoding/file-signatures.ts';
import { errors } from '../errors.ts';
import type { Dataset, DatasetFormat, ReadOptions } from './definition.ts';
import { datasets } from './index.ts';
import { looksLikeText, type Probe, probeData } from './probe.ts';

/**
 * Columns or arrays of the data file at `path` (relative to `context.cwd`).
 * Errors: FILE_NOT_FOUND, FILE_UNREADABLE, DATA_UNKNOWN, DATA_EMPTY, DATA_INVALID, DATA_TOO_LARGE.
 *
 * @example const data = await readDataset('test.csv', context);
 */
export async function readDataset(
  path: string,
  context: Context,
  options: ReadOptions = {},
): Promise<Dataset> {
  const shown = options.shown ?? path;
  const probe = await probeData(resolve(context.cwd, path), shown);
  if (!probe.isFolder && probe.bytes === 0) throw errors.DATA_EMPTY(shown, 'it is empty');
  if (probe.isGzip && probe.head.length === 0) {
    throw errors.DATA_INVALID(shown, 'its compression is damaged, from the beginning');
  }
  const matches = (datasets as readonly DatasetFormat[]).filter((format) => format.match(probe));
  // Content decides; the extension only breaks ties.
  const format = matches.find(({ extensions }) => extensions.includes(probe.innerExtension)) ?? matches[0];
  if (!format) {
    throw errors.DATA_UNKNOWN(
      shown,
      whatItIs(probe),
      datasets.map(({ title }) => title),
    );
  }
  return format.read({ probe, shown, options }, context);
}

function whatItIs({ head, isFolder, path, bytes }: Probe): string {
  const found = identify({ head, isFolder, path, bytes });
  if (found?.kind === 'pickle') return `it is ${found.name}, which mlctl never loads`;
  if (found && looksLikeText(head)) return 'it is text that is neither a table nor JSON lines';
  if (found) return `it is ${found.name}`;
  return `its first bytes fit none of them, whatever ${extname(path) || 'its name'} says`;
}
