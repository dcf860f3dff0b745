// The path from .h5 to .tflite to a prediction, run as the README prints it.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const demo = join(root, 'fixtures/demo');

type Command = { readonly line: string; readonly answer: string };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlctl-readme-'));
  for (const name of readdirSync(demo))
    if (name.startsWith('digits')) cpSync(join(demo, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const commands = commandsOf('From .h5 to .tflite to a prediction');

it('has the whole path', () => {
  expect(commands.map(({ line }) => line.split(' ')[1])).toEqual(
    expect.arrayContaining(['convert', 'predict', 'evaluate', 'inspect']),
  );
});

it.each(commands)('$line', ({ line, answer }) => {
  const run = spawnSync(
    'sh',
    ['-c', line.replaceAll('mlctl ', `"${process.execPath}" "${join(root, 'bin/mlctl.js')}" `)],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    },
  );
  expect(run.stderr).not.toContain('error:');
  expect(run.status).toBe(0);
  expect(steady(run.stdout)).toBe(steady(answer));
});

/** The commands of the first console block under a heading, each with what the page says it answers. */
function commandsOf(heading: string): Command[] {
  const start = readme.indexOf(`\n## ${heading}\n`);
  const block = /```console\n([\s\S]*?)```/.exec(readme.slice(start))?.[1] ?? '';
  return block
    .split(/^\$ /m)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [line = '', ...answer] = part.split('\n');
      return { line, answer: answer.join('\n') };
    });
}

/** Columns are apart by tabs in a pipe and by spaces on a terminal; rates are this machine's. */
function steady(text: string): string {
  return (
    text
      .replace(/[\d,]+ rows\/s/g, 'N rows/s')
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '))
      // In a pipe every line says what it is about.
      .map((line) => line.replace(/^operators (?=[A-Z_0-9]+ ×)/, ''))
      .filter((line) => line !== '')
      .join('\n')
  );
}
