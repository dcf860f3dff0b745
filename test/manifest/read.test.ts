// mlctl.yaml: every problem at once, each with its place; and what `init` writes reads back.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import type { MlctlError } from '../../src/errors.ts';
import { openProject } from '../../src/manifest/project.ts';
import { template } from '../../src/manifest/template.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlctl-manifest-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open(text: string) {
  await writeFile(join(folder, 'mlctl.yaml'), text);
  return openProject(undefined, quietContext({ cwd: folder }));
}

async function problems(text: string): Promise<readonly string[]> {
  const error = await open(text).then(
    () => undefined,
    (cause: MlctlError) => cause,
  );
  expect(error?.code).toBe('MANIFEST_INVALID');
  return error?.details ?? [];
}

const head = 'apiVersion: mlctl/v1\nname: iris\nmodel: iris.h5\n';

it('no manifest is undefined; one that was asked for is an error', async () => {
  const context = quietContext({ cwd: folder });
  expect(await openProject(undefined, context)).toBeUndefined();
  await expect(openProject('other.yaml', context)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});

it('an unknown key is shown with file:line:col, the line, a caret and the nearest known key', async () => {
  const [problem] = await problems(`${head}evaluate:\n  dat: test.csv\n`);
  expect(problem).toBe(
    [
      'mlctl.yaml:5:3  unknown key evaluate.dat; did you mean data?',
      '  5 |   dat: test.csv',
      '    |   ^',
    ].join('\n'),
  );
});

it('collects the problems of all sections', async () => {
  const found = await problems('apiVersion: mlctl/v2\nname: iris\nserve: { port: 99999 }\ndeploi: {}\n');
  expect(found.map((text) => text.split('\n')[0])).toEqual([
    expect.stringContaining('mlctl.yaml:1:13  apiVersion'),
    expect.stringContaining('model is missing'),
    expect.stringContaining('mlctl.yaml:3:16  serve.port'),
    expect.stringContaining('mlctl.yaml:4:1  unknown key deploi; did you mean deploy?'),
  ]);
});

it.each([
  ['a syntax error', `${head}convert: [`, 'mlctl.yaml:4:'],
  ['a duplicate key', `${head}name: other\n`, 'mlctl.yaml:4:1'],
  ['a list', '- 1\n', 'expected object'],
  ['nothing', '', 'expected object'],
  [
    'aliases that explode',
    `${head}a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`,
    'alias',
  ],
])('%s is one clear error', async (_, text, expected) => {
  expect((await problems(text)).join('\n')).toContain(expected);
});

it.each([
  ['without data', {}],
  [
    'with data',
    {
      data: {
        path: 'test.csv',
        target: 'y',
        columns: ['a b', 'true', '1'],
        labels: ['no', 'x: y'],
      },
      reference: 'train.csv',
    },
  ],
])('the template %s reads back', async (_, extra) => {
  const facts = { name: 'iris', model: 'a model.h5', inputs: [], outputs: [], ...extra };
  const project = await open(template(facts));
  expect(project?.manifest.model).toBe('a model.h5');
  if (facts.data) {
    expect(project?.manifest.signature?.inputs?.input?.columns).toEqual(facts.data.columns);
    expect(project?.manifest.signature?.outputs?.output?.labels).toEqual(facts.data.labels);
    expect(project?.manifest.monitor?.reference).toBe('train.csv');
  }
});

it('every commented key of the template is one the schema knows, with a valid value', async () => {
  const facts = { path: 'test.csv', target: 'y', columns: ['a'], labels: ['b'], reference: 'train.csv' };
  const text = template({ name: 'iris', model: 'iris.h5', inputs: [], outputs: [], data: facts })
    .split('\n')
    // A comment that is a key or a list item; the others are sentences.
    .map((line) => line.replace(/^# ( *(?:[\w-]+:(?: |$)|- ).*)/, '$1'))
    .join('\n');
  const project = await open(text);
  expect(project?.manifest.deploy).toEqual({ target: 'local', host: '127.0.0.1', port: 8080, keep: 10 });
  expect(project?.manifest.serve?.log?.maxBytes).toBe(268435456);
  expect(project?.manifest.evaluate?.gates).toEqual({ accuracy: { min: 0.9 } });
  expect(project?.manifest.monitor?.alerts).toHaveLength(2);
});
