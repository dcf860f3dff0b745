// Every example of every command's help is run as printed, in a shell, on a copy of fixtures/.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';

const root = mkdtempSync(join(tmpdir(), 'mlctl-examples-'));
const bin = join(root, 'bin');
mkdirSync(bin);
writeFileSync(
  join(bin, 'mlctl'),
  `#!/bin/sh\nexec "${process.execPath}" "${resolve('bin/mlctl.js')}" "$@"\n`,
  { mode: 0o755 },
);
// jq is not on every machine; what it is given is what matters here.
writeFileSync(join(bin, 'jq'), '#!/bin/sh\ncat\n', { mode: 0o755 });

afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;

function folder(): string {
  const path = join(root, String(folders++));
  for (const part of ['demo', 'monitor'])
    cpSync(join('fixtures', part), join(path, 'fixtures', part), { recursive: true });
  for (const part of ['.zsh/completions', '.config/fish/completions'])
    mkdirSync(join(path, part), { recursive: true });
  return path;
}

const environment = (cwd: string) => ({
  ...process.env,
  HOME: cwd,
  TMPDIR: cwd,
  PATH: `${bin}:${process.env.PATH}`,
});

function shell(line: string, cwd: string) {
  const script = `set -o pipefail; ${line.replaceAll('/tmp/', `${cwd}/`)}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd,
    env: environment(cwd),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** These need something deployed, in this order; they share one folder. */
const deployed = ['rollback', 'status', 'stop'];
/** These go on until they are stopped. */
const endless = (line: string) => /mlctl serve|--watch/.test(line);

const examples = commands.flatMap(({ name, hidden, examples }) =>
  hidden ? [] : examples.map(({ command }) => [name, command] as const),
);

describe('examples', () => {
  it.each(examples.filter(([name, line]) => !deployed.includes(name) && !endless(line)))(
    '%s: %s',
    (name, line) => {
      const cwd = folder();
      const { status, stderr } = shell(line, cwd);
      // 1 is an answer too: a monitor example may show an alert.
      expect(status, stderr).toBeLessThanOrEqual(1);
      expect(stderr).not.toContain('error:');
      if (name === 'deploy') shell('mlctl stop iris; mlctl stop --config fixtures/demo/mlctl.yaml', cwd);
    },
  );

  it.each(examples.filter(([, line]) => endless(line)))('%s: %s', async (_, line) => {
    const cwd = folder();
    const [, ...words] = line.split(' ');
    const running = spawn(join(bin, 'mlctl'), words, { cwd, env: environment(cwd) });
    let output = '';
    running.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const first = await new Promise((done) => {
      running.stdout.once('data', (chunk) => done(String(chunk)));
      running.once('exit', () => done(output));
    });
    running.kill('SIGINT');
    const code = await new Promise((done) => running.once('exit', done));
    expect(first).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    expect(code).toBe(130);
  });

  it('rollback, status, stop: in a folder with a deployment', () => {
    const cwd = folder();
    const setUp = [
      'mlctl init fixtures/demo/iris.h5',
      'mlctl deploy --port 0',
      'mlctl deploy fixtures/demo/iris-retrained.h5 --name iris',
    ];
    try {
      for (const line of setUp) expect(shell(line, cwd)).toMatchObject({ status: 0 });
      for (const name of deployed) {
        for (const [owner, line] of examples) {
          if (owner !== name) continue;
          // One rollback uses up the history there is.
          const { status, stderr } = shell(line, cwd);
          expect(stderr).not.toMatch(/error: (?!NO_PREVIOUS_VERSION)/);
          expect(status, `${line}\n${stderr}`).toBe(stderr.includes('NO_PREVIOUS_VERSION') ? 2 : 0);
        }
      }
    } finally {
      shell('mlctl stop iris', cwd);
    }
  });
});
