// What lies inside a packed file: enough to say which file to unpack and name.

import { extname } from 'node:path';
import { probeData } from '../../datasets/probe.ts';
import { type FileStart, identify } from '../../encoding/file-signatures.ts';
import { openZip } from '../../encoding/zip.ts';
import { formats } from '../../formats/index.ts';

/** The way out for a gzip file or zip archive with something known in it. */
export async function insideOf({ path, head, isFolder }: FileStart): Promise<string | undefined> {
  if (isFolder) return undefined;
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const inner = await probeData(path, path).catch(() => undefined);
    const found =
      inner && inner.head.length > 0 ? identify({ ...inner, path: path.replace(/\.gz$/, '') }) : undefined;
    return found && `unpack it first: gunzip -k ${path}; inside is ${found.name}`;
  }
  if (!(head[0] === 0x50 && head[1] === 0x4b)) return undefined;
  try {
    const zip = openZip(path);
    const extensions = formats.flatMap((format) => [...format.extensions]);
    const models = zip.names.filter((name) => extensions.includes(extname(name).toLowerCase()));
    zip.close();
    return models.length === 0
      ? undefined
      : `unpack it and name a model in it: ${models.slice(0, 5).join(', ')}`;
  } catch {
    return undefined;
  }
}
