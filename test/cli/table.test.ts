// Tables are aligned for people and tab-separated for other programs.

import { describe, expect, it } from 'vitest';
import { table } from '../../src/cli/render/table.ts';
import { run } from './run.ts';

const rows = [
  ['  name', 'share', ''],
  ['  a longer name', '0.5', 'yes'],
];

describe('tables', () => {
  it('are aligned on a terminal, numbers to the right where asked', () => {
    expect(table(rows, { isTTY: true })).toBe('  name           share\n  a longer name  0.5    yes');
    expect(table(rows, { isTTY: true }, { right: [1] })).toBe(
      '  name           share\n  a longer name    0.5  yes',
    );
  });

  it('have one tab between cells in a pipe, and no indentation', () => {
    expect(table(rows, { isTTY: false }, { right: [1] })).toBe('name\tshare\t\na longer name\t0.5\tyes');
  });

  it('of a command follow what standard output is', async () => {
    const piped = await run('inspect', 'fixtures/demo/iris.h5');
    expect(piped.stdout).toContain('inputs\tfeatures\tfloat32[batch, 4]\n');
    expect(piped.stdout).toContain('operators\tDense\t×2\noperators\tInputLayer\t×1\n');
    const shown = await run('inspect', 'fixtures/demo/iris.h5', '--no-color', { isTTY: true });
    expect(shown.stdout).toContain('  inputs   features  float32[batch, 4]\n');
    expect(shown.stdout).not.toContain('\t');
  });
});
