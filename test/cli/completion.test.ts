// Completion scripts offer the commands and their options; bash's is run in a real bash.

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { run } from './run.ts';

it.each(['bash', 'zsh', 'fish', 'powershell'])('%s: a script that names the commands', async (shell) => {
  const { code, stdout } = await run('completion', shell);
  expect(code).toBe(0);
  for (const word of ['convert', 'inspect', 'serve']) expect(stdout).toContain(word);
});

it('bash completes commands, options and topics', async () => {
  const { stdout: script } = await run('completion', 'bash');
  const complete = (...words: string[]) => {
    const quoted = ['mlctl', ...words].map((word) => `'${word}'`).join(' ');
    const code = `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _mlctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', code], { encoding: 'utf8' }).trim().split('\n');
  };
  expect(complete('ins')).toEqual(['inspect']);
  expect(complete('inspect', '--fr')).toEqual(['--from']);
  expect(complete('help', 'exit')).toEqual(['exit-codes']);
});

it('an unknown shell is a usage error with a suggestion', async () => {
  const { code, stderr } = await run('completion', 'bsh');
  expect(code).toBe(2);
  expect(stderr).toContain('did you mean bash?');
});
