// Control characters in names never reach the terminal; our own colours do.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { printable } from '../../src/cli/render/printable.ts';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { run } from './run.ts';

it.each([
  ['a title change', 'x\u001b]0;owned\u0007y', 'x\ufffd]0;owned\ufffdy'],
  ['a carriage return', 'real\rfake', 'real\ufffdfake'],
  ['cursor movement', 'x\u001b[2Ay', 'x\ufffd[2Ay'],
  ['a direction override', 'x\u202ey', 'x\ufffdy'],
  ['colour, line ends and tabs stay', '\u001b[31mred\u001b[39m\n\tµ →', '\u001b[31mred\u001b[39m\n\tµ →'],
])('%s', (_, text, expected) => {
  expect(printable(text)).toBe(expected);
});

it('a model with an escape in its names is inspected without obeying it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlctl-printable-'));
  try {
    const b = new GraphBuilder('g');
    const x = b.input('x\u001b[2J', 'float32', [1]);
    b.output('y\u0007', b.add('Relu', [x]), 'float32', [1]);
    writeFileSync(
      join(folder, 'm.onnx'),
      await encodeOnnxBytes(b.model({ name: 'p\u001b[H', version: '1' })),
    );
    const { code, stdout, stderr } = await run('inspect', 'm.onnx', '--no-color', '--progress', 'none', {
      cwd: folder,
      isTTY: true,
    });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]/u);
    expect(stdout).toContain('x\ufffd[2J');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
