// The JSON of every command, by its keys: scripts read them. Adding one is fine and shows here; renaming one is not.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { run } from './run.ts';

const cwd = mkdtempSync(join(tmpdir(), 'mlctl-json-'));
for (const part of ['demo', 'monitor']) cpSync(join('fixtures', part), join(cwd, part), { recursive: true });
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const evaluate = ['evaluate', 'demo/iris.h5', '--data', 'demo/test.csv', '--target', 'species'];

/** Command line → exit code and keys; nested ones are spelled `gates[].metric`. */
const cases: readonly (readonly [readonly string[], number, readonly string[]])[] = [
  [['version'], 0, ['version', 'node', 'runtimes[].name', 'runtimes[].version', 'formats[]']],
  [['init', 'demo/iris.h5'], 0, ['manifest', 'model', 'name']],
  [
    ['inspect', 'demo/iris.h5'],
    0,
    [
      'model',
      'digest',
      'bytes',
      'format',
      'formatVersion',
      'producer',
      'parameters',
      'operators',
      'facts',
      'unsupported[]',
      'inputs[].name',
      'inputs[].dtype',
      'inputs[].shape[]',
      'outputs[].name',
      'outputs[].dtype',
      'outputs[].shape[]',
    ],
  ],
  [
    ['inspect', 'demo/iris.h5', '--target', 'onnx'],
    0,
    ['target.format', 'target.convertible', 'target.unsupported[]', 'target.notes[]'],
  ],
  [
    ['convert', 'demo/iris.h5', '--to', 'onnx'],
    0,
    [
      'model',
      'digest',
      'sourceBytes',
      'artifacts[].path',
      'artifacts[].format',
      'artifacts[].bytes',
      'artifacts[].sha256',
      'artifacts[].transposes.inserted',
      'artifacts[].transposes.removed',
      'artifacts[].transposes.remaining',
      'artifacts[].parity.maxAbs',
      'artifacts[].parity.maxRel',
      'artifacts[].parity.cosine',
      'artifacts[].parity.passed',
    ],
  ],
  [
    ['convert', 'demo/digits.h5', '--to', 'onnx', '--tolerance', '1e-12', '--dry-run'],
    1,
    [
      'artifacts[].parity.firstDivergence.layer',
      'artifacts[].parity.firstDivergence.fused',
      'artifacts[].parity.firstDivergence.node',
      'artifacts[].parity.firstDivergence.opType',
      'artifacts[].parity.firstDivergence.value',
      'artifacts[].parity.firstDivergence.maxAbs',
      'artifacts[].parity.firstDivergence.maxRel',
    ],
  ],
  [
    [...evaluate, '--gate', 'accuracy>=0.99'],
    1,
    [
      'model',
      'digest',
      'data',
      'dataDigest',
      'task',
      'rows',
      'rowsPerSecond',
      'labels[]',
      'metrics.accuracy',
      'metrics.precision',
      'metrics.recall',
      'metrics.f1',
      'perClass[]',
      'confusionMatrix[][]',
      'gates[].metric',
      'gates[].actual',
      'gates[].limit',
      'gates[].passed',
    ],
  ],
  [
    ['monitor', '--config', 'monitor/mlctl.yaml'],
    0,
    [
      'window.from',
      'window.to',
      'requests',
      'errors',
      'latencyMs.p50',
      'latencyMs.p95',
      'latencyMs.p99',
      'alerts[]',
      'drift[].feature',
      'drift[].test',
      'drift[].statistic',
      'drift[].threshold',
      'drift[].drifted',
    ],
  ],
  [
    ['deploy', 'demo/iris.h5', '--dry-run'],
    0,
    [
      'name',
      'target',
      'digest',
      'version',
      'previous',
      'url',
      'plan[].action',
      'plan[].detail',
      'dryRun',
      'upToDate',
      'pruned[]',
    ],
  ],
  [
    ['doctor', 'demo/iris.h5'],
    0,
    [
      'model',
      'format',
      'problems',
      'warnings',
      'findings[].check',
      'findings[].severity',
      'findings[].message',
      'findings[].remediation',
    ],
  ],
  [['doctor'], 0, ['model', 'format', 'findings[].check']],
  [['status'], 0, ['deployments[]']],
  [['stop', 'iris'], 0, ['name', 'stopped']],
  [['completion', 'bash'], 0, ['shell', 'script']],
];

describe('--json', () => {
  it.each(cases)('%j exits %i with its keys', async (argv, expectedCode, keys) => {
    const { code, stdout, stderr } = await run(...argv, '--json', { cwd });
    const document = JSON.parse(stdout);
    expect(stderr).toBe('');
    expect(code).toBe(expectedCode);
    expect(document.schema).toBe(`mlctl/${argv[0]}@1`);
    expect(Array.isArray(document.diagnostics)).toBe(true);
    expect(keys.filter((key) => !has(document, key))).toEqual([]);
  });

  it('covers every command that ends by itself', () => {
    const endless = ['serve'];
    const elsewhere = ['predict', 'rollback'];
    const covered = [...cases.map(([[name]]) => name), ...endless, ...elsewhere];
    expect(
      commands.filter(({ name, hidden }) => !hidden && !covered.includes(name)).map(({ name }) => name),
    ).toEqual([]);
  });

  it('is the only thing on stdout, without colour, whatever the terminal', async () => {
    const { stdout, stderr } = await run(...evaluate, '--json', {
      cwd,
      isTTY: true,
      env: { FORCE_COLOR: '1' },
    });
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stdout + stderr).not.toContain('\u001b');
  });
});

/** Whether the document has the key; a list may be empty only when nothing below it is asked for. */
function has(value: unknown, path: string): boolean {
  const [, key = '', rest = ''] = /^([^.[]*)(.*)$/.exec(path) ?? [];
  const next =
    key === ''
      ? value
      : typeof value === 'object' && value !== null && key in value
        ? (value as Record<string, unknown>)[key]
        : undefined;
  if (next === undefined) return false;
  if (rest === '') return true;
  if (rest.startsWith('[]')) {
    if (!Array.isArray(next)) return false;
    const below = rest.slice(2).replace(/^\./, '');
    return below === '' || (next.length > 0 && has(next[0], below));
  }
  return has(next, rest.slice(1));
}
