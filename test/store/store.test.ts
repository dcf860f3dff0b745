// The version store: content by digest, numbered versions, history, pruning, damage.

import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { emptySignature } from '../../src/graph/signature.ts';
import { appendHistory, type HistoryEvent, previousVersion, readHistory } from '../../src/store/history.ts';
import { layout, type Store } from '../../src/store/layout.ts';
import {
  addVersion,
  getVersion,
  listVersions,
  openVersion,
  pruneVersions,
} from '../../src/store/versions.ts';

let store: Store;

beforeEach(async () => {
  store = { root: join(await mkdtemp(join(tmpdir(), 'mlctl-store-')), '.mlctl'), name: 'iris' };
});
afterEach(() => rm(join(store.root, '..'), { recursive: true, force: true }));

const version = (...contents: string[]) => ({
  format: 'onnx',
  files: contents.map((content, index) => ({
    name: index === 0 ? 'model.onnx' : `model.data${index}`,
    chunks: [Buffer.from(content)],
  })),
  source: { path: 'iris.h5', format: 'keras', digest: 'ab' },
  signature: emptySignature,
  serve: {},
  created: '2026-01-01T00:00:00.000Z',
});

it('numbers versions and keeps equal contents once', async () => {
  const first = await addVersion(store, version('one', 'shared'));
  const second = await addVersion(store, version('two', 'shared'));
  expect([first.version, second.version]).toEqual(['1', '2']);
  expect((await readdir(layout.blobs(store))).length).toBe(3);
  expect(await readFile(await openVersion(store, second), 'utf8')).toBe('two');
});

it('gives two versions added at once two numbers', async () => {
  const added = await Promise.all(['a', 'b', 'c', 'd'].map((content) => addVersion(store, version(content))));
  expect(added.map((one) => one.version).sort()).toEqual(['1', '2', '3', '4']);
});

it('refuses to open a version whose file was changed', async () => {
  const added = await addVersion(store, version('one'));
  const path = join(layout.version(store, '1'), 'model.onnx');
  await rm(path);
  await writeFile(path, 'ONE');
  await expect(openVersion(store, added)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
});

it('stores contents read-only', async () => {
  const { digest } = await addVersion(store, version('one'));
  expect((await stat(layout.blob(store, digest))).mode & 0o222).toBe(0);
  await chmod(layout.blob(store, digest), 0o644);
});

it('prunes old versions and the contents only they had, never the needed ones', async () => {
  for (const content of ['one', 'two', 'three', 'four']) await addVersion(store, version(content, 'shared'));
  expect(await pruneVersions(store, 2, new Set(['1']))).toEqual(['2']);
  expect((await listVersions(store)).map((one) => one.version)).toEqual(['1', '3', '4']);
  expect((await readdir(layout.blobs(store))).length).toBe(4);
});

it('names the versions there are when one is unknown', async () => {
  await addVersion(store, version('one'));
  await expect(getVersion(store, '7')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN', hint: 'it has 1' });
  await expect(getVersion(store, '../1')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
});

it('reads history past a torn line', async () => {
  await appendHistory(store, event('deploy', '1'));
  await writeFile(layout.history(store), '{"torn', { flag: 'a' });
  expect(await readHistory(store)).toHaveLength(1);
});

it.each([
  ['the one before', ['deploy 1', 'deploy 2'], '2', '1'],
  ['two back after a rollback', ['deploy 1', 'deploy 2', 'deploy 3', 'rollback 2'], '2', '1'],
  ['what a rollback went to', ['deploy 1', 'deploy 2', 'rollback 1', 'deploy 3'], '3', '1'],
  ['none for the first', ['deploy 1'], '1', undefined],
  ['the same version twice is one', ['deploy 1', 'deploy 1'], '1', undefined],
])('rolls back to %s', (_, events, current, expected) => {
  const history = events.map((text) => {
    const [action = '', number = ''] = text.split(' ');
    return event(action as HistoryEvent['action'], number);
  });
  expect(previousVersion(history, current)).toBe(expected);
});

function event(action: HistoryEvent['action'], number: string): HistoryEvent {
  return {
    time: '2026-01-01T00:00:00Z',
    action,
    version: number,
    digest: null,
    from: null,
    target: 'local',
    by: '',
  };
}
