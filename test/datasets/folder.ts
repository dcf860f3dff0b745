// A temporary folder of small files written in place, for tests of readers.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Context, quietContext } from '../../src/context.ts';
import type { Diagnostic } from '../../src/diagnostics.ts';

export type Folder = {
  readonly path: string;
  /** Writes a file and returns its name, relative to the folder. */
  write(name: string, content: string | Uint8Array): string;
  readonly context: Context;
  readonly diagnostics: Diagnostic[];
};

/** Removed after the tests of the file. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'mlctl-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  const diagnostics: Diagnostic[] = [];
  return {
    path,
    write(name, content) {
      writeFileSync(join(path, name), content);
      return name;
    },
    context: quietContext({ cwd: path, diagnose: (diagnostic) => diagnostics.push(diagnostic) }),
    diagnostics,
  };
}
