// A text file that is compressed or in another encoding, rewritten as plain UTF-8 in the system's temporary folder
// for as long as it is read. Decompressing here, not in the query engine, because that one takes a file cut short
// for a whole one.

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { errors } from '../errors.ts';
import { maxBytes } from './bytes.ts';
import type { Source } from './definition.ts';

/**
 * Calls `use` with a copy of the source, decompressed and decoded from `encoding` (undefined: kept as it is).
 * Errors: DATA_INVALID for broken gzip, DATA_TOO_LARGE, FILE_UNWRITABLE.
 */
export async function withPlainCopy<T>(
  source: Source,
  encoding: string | undefined,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const { probe, shown } = source;
  const folder = await mkdtemp(join(tmpdir(), 'mlctl-'));
  try {
    const path = join(folder, 'plain');
    await copy(source, encoding, path).catch((cause: unknown) => {
      if (cause instanceof Error && cause.name === 'MlctlError') throw cause;
      const code = (cause as NodeJS.ErrnoException).code ?? '';
      if (!code.startsWith('Z_')) throw errors.FILE_UNWRITABLE(path, cause);
      throw errors.DATA_INVALID(shown, `its compression is damaged: ${(cause as Error).message}`);
    });
    return await use({ ...source, probe: { ...probe, path, isGzip: false } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function copy({ probe, shown }: Source, encoding: string | undefined, path: string): Promise<void> {
  const raw = createReadStream(probe.path);
  const out = createWriteStream(path);
  if (!probe.isGzip) return pipeline(raw, bounded(shown), decode(encoding), out);
  return pipeline(raw, createGunzip(), bounded(shown), decode(encoding), out);
}

function bounded(shown: string) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let total = 0;
    for await (const chunk of chunks) {
      total += chunk.length;
      if (total > maxBytes) throw errors.DATA_TOO_LARGE(shown, `it unpacks to more than ${maxBytes} bytes`);
      yield chunk;
    }
  };
}

function decode(encoding: string | undefined) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string | Uint8Array> {
    const decoder = encoding === undefined ? undefined : new TextDecoder(encoding);
    for await (const chunk of chunks) yield decoder ? decoder.decode(chunk, { stream: true }) : chunk;
    if (decoder) yield decoder.decode();
  };
}
