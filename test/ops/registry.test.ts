// What every operator file has in common.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { opsetsPage } from '../../docs/opsets.ts';
import { OPSET } from '../../src/graph/model.ts';
import type { OpFamily } from '../../src/ops/definition.ts';
import { ops } from '../../src/ops/index.ts';
import { lookup } from '../../src/ops/registry.ts';
import { subgraphs } from '../../src/ops/subgraphs.ts';
import { NEWEST_OPSET } from '../../src/ops/upgrade.ts';
import { backendModel, backendTests, corpus } from './corpus.ts';

const folder = join(import.meta.dirname, '..', '..', 'src', 'ops');
const families: readonly OpFamily[] = ops;

describe('operator files', () => {
  const index = readFileSync(join(folder, 'index.ts'), 'utf8');
  const files = [...index.matchAll(/^import \w+ from '\.\/(.+)';/gm)].map((match) => match[1] ?? '');

  it.each(files)('%s opens with its specification and its history', (file) => {
    const [first = '', second = ''] = readFileSync(join(folder, file), 'utf8').split('\n');
    expect(first).toMatch(/^\/\/ https:\/\/(onnx\.ai|github\.com)\//);
    expect(second).toMatch(/^\/\/ Opsets[: ]/);
  });

  it('name each operator once', () => {
    const names = families.flatMap((family) =>
      Object.keys(family.ops).map((name) => `${family.domain ?? ''}:${name}`),
    );
    expect(names.length).toBe(new Set(names).size);
  });

  it('upgrade only operators they describe, to opsets up to the one in memory, oldest first', () => {
    for (const { ops: own, upgrades = [] } of families) {
      for (const upgrade of upgrades) {
        for (const opType of upgrade.opTypes) expect(Object.keys(own)).toContain(opType);
        expect(upgrade.to).toBeLessThanOrEqual(OPSET);
      }
      const order = upgrades.map((upgrade) => upgrade.to);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });

  it('are what docs/opsets.md says', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'opsets.md'), 'utf8');
    expect(page, 'npx tsx docs/opsets.ts writes it').toBe(opsetsPage());
  });
});

describe('lookup', () => {
  it('takes both spellings of the default domain', () => {
    expect(lookup({ domain: 'ai.onnx', opType: 'Relu' })).toBe(lookup({ domain: '', opType: 'Relu' }));
    expect(lookup({ domain: 'com.microsoft', opType: 'Relu' })).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'toString'])('does not know "%s"', (opType) => {
    expect(lookup({ domain: '', opType })).toBeUndefined();
  });
});

describe.skipIf(corpus === undefined)('the backend suite (MLCTL_CORPUS is not set)', () => {
  it('has no operator of a readable opset that is not described', async () => {
    const unknown = new Set<string>();
    for (const test of backendTests()) {
      const { graph, opsets } = await backendModel(test);
      if ((opsets.get('') ?? 0) > NEWEST_OPSET) continue;
      const nodes = [...graph.nodes];
      for (const node of nodes) {
        if (lookup(node) === undefined) unknown.add(`${node.domain}:${node.opType}`);
        for (const inner of subgraphs(node)) nodes.push(...inner.nodes);
      }
    }
    expect([...unknown]).toEqual([]);
  });
});
