import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kerasPage, layerRows } from '../../../docs/keras.ts';

describe('docs/keras.md', () => {
  it('is what the layers and the tests say', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'keras.md'), 'utf8');
    expect(page, 'npx tsx docs/keras.ts writes it').toBe(kerasPage());
  });

  it('every layer that is read has a reference, every other a reason', () => {
    const rows = layerRows();
    expect(rows.filter((row) => row.isRead && row.reference === '').map((row) => row.className)).toEqual([]);
    expect(rows.filter((row) => !row.isRead && row.notes === '').map((row) => row.className)).toEqual([]);
  });
});
