// Each registry's index.ts lists exactly the definitions in its folder.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normalize, registries, snapshot } from './registries.ts';

describe('registries', () => {
  for (const registry of registries) {
    it(`${registry.folder}/index.ts is the snapshot of its folder (npm run fix)`, () => {
      const path = join(registry.folder, 'index.ts');
      expect(existsSync(path), path).toBe(true);
      expect(normalize(readFileSync(path, 'utf8'))).toBe(normalize(snapshot(registry)));
    });
  }
});
