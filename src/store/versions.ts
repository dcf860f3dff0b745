// Versions of a model: numbered, each a record and the files it names by digest.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../errors.ts';
import type { Signature } from '../graph/signature.ts';
import { writeAtomically } from './atomic-write.ts';
import { checkBlob, placeBlob, pruneBlobs, putBlob } from './blobs.ts';
import { layout, type Store } from './layout.ts';

export type Version = {
  /** '1', '2', … in the order they were made. */
  readonly version: string;
  /** sha256 of the first file, hex: the identity of the artifact. */
  readonly digest: string;
  /** What the runtime loads. */
  readonly format: string;
  /** The artifact itself first, then its companions, then what it was made from where that is several files. */
  readonly files: readonly { readonly name: string; readonly digest: string; readonly bytes: number }[];
  /** Of inputs and outputs by name, where the artifact's own format does not say it. */
  readonly quantization?: Readonly<Record<string, { readonly scale: number; readonly zeroPoint: number }>>;
  /** The file it was made from, or the two; `digest` is of both. The artifact needs neither of them any more. */
  readonly source: {
    readonly path: string;
    readonly weights?: string;
    /** Of a file with several, the one that was taken: the one to run, where the artifact is the file. */
    readonly signature?: string;
    readonly format: string;
    readonly digest: string;
  };
  readonly signature: Signature;
  /** Settings the server of this version runs with. */
  readonly serve: Readonly<Record<string, unknown>>;
  /** ISO 8601, UTC. */
  readonly created: string;
};

export type NewVersion = Omit<Version, 'version' | 'digest' | 'files'> & {
  readonly files: readonly { readonly name: string; readonly chunks: readonly Uint8Array[] }[];
};

/** Adds a version. Two at once get two numbers. */
export async function addVersion(store: Store, { files, ...rest }: NewVersion): Promise<Version> {
  const stored = [];
  for (const { name, chunks } of files) {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    stored.push({ name, bytes, digest: await putBlob(store, chunks) });
  }
  const version = await claimNumber(store);
  for (const { name, digest } of stored)
    await placeBlob(store, digest, join(layout.version(store, version), name));
  const record: Version = { version, digest: stored[0]?.digest ?? '', files: stored, ...rest };
  // Last, so that a version without a record is one that was never finished.
  await writeAtomically(layout.record(store, version), [`${JSON.stringify(record, null, 2)}\n`]);
  return record;
}

/** All finished versions, oldest first. */
export async function listVersions(store: Store): Promise<Version[]> {
  const numbers = await versionNumbers(store);
  const found = await Promise.all(numbers.map((number) => readRecord(store, String(number))));
  return found.filter((version) => version !== undefined);
}

/** Names of all models the store knows, sorted. */
export async function listNames({ root }: Pick<Store, 'root'>): Promise<string[]> {
  return (await readdir(join(root, 'models')).catch(() => [])).sort();
}

/** Errors: VERSION_UNKNOWN lists the ones there are. */
export async function getVersion(store: Store, version: string): Promise<Version> {
  const found = /^\d+$/.test(version) ? await readRecord(store, version) : undefined;
  if (found) return found;
  throw errors.VERSION_UNKNOWN(
    store.name,
    version,
    (await listVersions(store)).map((known) => known.version),
  );
}

/** The artifact's path, after its files were checked against their digests. Errors: STORE_DAMAGED. */
export async function openVersion(store: Store, { version, files }: Version): Promise<string> {
  for (const { name, digest } of files) await checkBlob(join(layout.version(store, version), name), digest);
  return join(layout.version(store, version), files[0]?.name ?? '');
}

/** Deletes all but the newest `keep` versions and those in `needed`, with the contents nobody else uses. */
export async function pruneVersions(
  store: Store,
  keep: number,
  needed: ReadonlySet<string>,
): Promise<string[]> {
  const versions = await listVersions(store);
  const old = versions
    .slice(0, Math.max(0, versions.length - keep))
    .filter(({ version }) => !needed.has(version));
  for (const { version } of old) await rm(layout.version(store, version), { recursive: true, force: true });
  const used = new Set<string>();
  for (const name of await listNames(store)) {
    for (const { files } of await listVersions({ ...store, name }))
      for (const { digest } of files) used.add(digest);
  }
  if (old.length > 0) await pruneBlobs(store, used);
  return old.map(({ version }) => version);
}

async function claimNumber(store: Store): Promise<string> {
  await mkdir(layout.model(store), { recursive: true });
  for (let number = Math.max(0, ...(await versionNumbers(store))) + 1; ; number++) {
    try {
      await mkdir(layout.version(store, String(number)));
      return String(number);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function versionNumbers(store: Store): Promise<number[]> {
  const entries = await readdir(layout.model(store)).catch(() => []);
  return entries
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b);
}

async function readRecord(store: Store, version: string): Promise<Version | undefined> {
  const text = await readFile(layout.record(store, version), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Version;
  } catch {
    throw errors.STORE_DAMAGED(layout.record(store, version), 'a JSON record', 'something else');
  }
}
