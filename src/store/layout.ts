// Where things lie in a project's .mlctl folder.
//
//   .mlctl/blobs/sha256/<digest>             contents, immutable, shared by versions
//   .mlctl/models/<name>/<version>/version.json   what a version is made of
//   .mlctl/models/<name>/<version>/<file>    the artifact's files, hard links to blobs
//   .mlctl/models/<name>/history.jsonl       what was deployed when, append-only
//   .mlctl/models/<name>/server.json         the running supervisor: pid, ports, token
//   .mlctl/models/<name>/server.log          its output
//   .mlctl/logs/<name>/                      the prediction log

import { join } from 'node:path';

export type Store = {
  /** Absolute path of the .mlctl folder. */
  readonly root: string;
  readonly name: string;
};

export const layout = {
  blob: ({ root }: Store, digest: string) => join(root, 'blobs', 'sha256', digest),
  blobs: ({ root }: Store) => join(root, 'blobs', 'sha256'),
  model: ({ root, name }: Store) => join(root, 'models', name),
  version: ({ root, name }: Store, version: string) => join(root, 'models', name, version),
  record: (store: Store, version: string) => join(layout.version(store, version), 'version.json'),
  history: (store: Store) => join(layout.model(store), 'history.jsonl'),
  server: (store: Store) => join(layout.model(store), 'server.json'),
  serverLog: (store: Store) => join(layout.model(store), 'server.log'),
  predictions: ({ root, name }: Store) => join(root, 'logs', name),
} as const;
