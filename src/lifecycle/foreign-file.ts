// Words for a file that no format of ours takes: a model in a format that is not read yet, or no model at all.

import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { identify, type Signature } from '../encoding/file-signatures.ts';
import { errors, type MlctlError } from '../errors.ts';
import type { Format, Probe } from '../formats/definition.ts';

/** FORMAT_NOT_YET for a model in a format known by name, FORMAT_UNKNOWN for everything else. */
export async function refusal(probe: Probe, shown: string, formats: readonly Format[]): Promise<MlctlError> {
  const names = probe.isFolder ? await readdir(probe.path).catch(() => []) : [];
  const known = formats.map(({ title }) => title);
  const inside = names.filter((name) => formats.some(({ extensions }) => extensions.includes(extname(name))));
  if (inside.length > 0) {
    const hint = `name a file in it: ${inside.slice(0, 5).join(', ')}`;
    return errors.FORMAT_UNKNOWN(shown, 'it is a folder', known, hint);
  }
  const found = identify({ ...probe, names });
  if (found?.kind === 'model') {
    return errors.FORMAT_NOT_YET(shown, found.name, hintFor(found) ?? `it reads ${known.join(', ')}`);
  }
  return errors.FORMAT_UNKNOWN(shown, found ? whatItIs(found) : unknown(probe), known, hintFor(found));
}

/** The file was said to be of this format, and is something else. undefined: it may well be what was said. */
export async function contradiction(
  probe: Probe,
  shown: string,
  said: Format,
  formats: readonly Format[],
): Promise<MlctlError | undefined> {
  if (said.match(probe)) return undefined;
  const actual = formats.find((format) => format.match(probe));
  if (actual) {
    const problem = `${shown} is ${actual.title}, not ${said.title} as --from says`;
    return errors.USAGE(problem, `leave --from out, or say --from ${actual.name}`);
  }
  const names = probe.isFolder ? await readdir(probe.path).catch(() => []) : [];
  return identify({ ...probe, names }) && refusal(probe, shown, formats);
}

export function whatItIs({ name, kind }: Signature): string {
  return `it is ${name}${kind === 'pickle' ? ', which would have to be run to be read' : ''}`;
}

function hintFor(found: Signature | undefined): string | undefined {
  if (found?.kind === 'data') return 'data goes after --data: mlctl evaluate <model> --data <file>';
  return found?.hint;
}

function unknown({ extension }: Probe): string {
  return `its first bytes fit none of them${extension ? `, whatever ${extension} says` : ''}`;
}
