// The process itself: closed pipes, a full disk, signals. Uses the build in dist/.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const mlctl = `"${process.execPath}" "${resolve('bin/mlctl.js')}"`;
const iris = resolve('fixtures/demo/iris.h5');
const cwd = mkdtempSync(join(tmpdir(), 'mlctl-start-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const bash = (line: string) => spawnSync('bash', ['-c', line], { cwd, encoding: 'utf8' });

it.each([
  [`${mlctl} inspect ${iris} | head -1`, 0],
  [`${mlctl} convert ${iris} --to onnx -o - | true`, 0],
  [`${mlctl} help manifest | true`, 0],
  // Nobody reads stderr: the exit code still says what happened.
  [`${mlctl} inspect gone.h5 2>&1 >/dev/null | true`, 2],
])('a closed pipe ends it quietly: %s', (line, code) => {
  const { stdout, stderr } = bash(`${line}; echo "code \${PIPESTATUS[0]}"`);
  expect(stdout).toContain(`code ${code}\n`);
  expect(stderr).not.toMatch(/^\s+at |EPIPE/m);
});

it.skipIf(!existsSync('/dev/full'))('a full disk behind stdout is one sentence and exit code 2', () => {
  const { status, stderr } = bash(`${mlctl} inspect ${iris} -q > /dev/full`);
  expect(status).toBe(2);
  expect(stderr).toContain('error: FILE_UNWRITABLE  standard output cannot be written: no space left');
  expect(stderr).not.toContain('    at ');
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while data is read ends with %i and leaves nothing', async (signal, expected) => {
  const rows = '5.1,3.5,1.4,0.2,setosa\n'.repeat(1_000_000);
  writeFileSync(join(cwd, 'rows.csv'), `a,b,c,d,species\n${rows}`);
  const before = readdirSync(cwd);
  const argv = ['predict', iris, '-d', 'rows.csv', '-t', 'species', '-o', 'out.csv'];
  const child = spawn(process.execPath, [resolve('bin/mlctl.js'), ...argv], { cwd });
  let stderr = '';
  let isSent = false;
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    // Once: a second signal is "at once, whatever it leaves".
    if (!isSent && stderr.includes('Running')) isSent = child.kill(signal);
  });
  const code = await new Promise((done) => child.once('exit', done));
  expect(code, stderr).toBe(expected);
  expect(stderr).toContain('Stopped');
  expect(stderr).not.toContain('error:');
  expect(readdirSync(cwd)).toEqual(before);
});
