// Writes docs/opsets.md from the registry of operators: npx tsx docs/opsets.ts
// With --check it only says whether the page is up to date.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPSET } from '../src/graph/model.ts';
import type { OpFamily, OpSignature } from '../src/ops/definition.ts';
import { OLDEST_WRITTEN } from '../src/ops/downgrade.ts';
import { ops } from '../src/ops/index.ts';
import { LOWEST } from '../src/ops/lowest-opset.ts';
import { NEWEST_OPSET, OLDEST_OPSET } from '../src/ops/upgrade.ts';

const folder = join(import.meta.dirname, '..', 'src', 'ops');

/** The page's text. */
export function opsetsPage(): string {
  const files = familyFiles();
  const rows = (ops as readonly OpFamily[]).flatMap((family, index) => rowsOf(family, files[index] ?? ''));
  const upgraded = rows.filter((row) => row.upgrades !== '').length;
  const downgraded = rows.filter((row) => row.downgrades !== '').length;
  const domains = [...new Set(rows.map((row) => row.domain))].sort();
  return [
    '# Operators and their opsets',
    '',
    'Written by `npx tsx docs/opsets.ts` from the files of `src/ops`.',
    '',
    `ONNX files of ai.onnx opset ${OLDEST_OPSET} to ${NEWEST_OPSET} are read and brought to the meaning of opset ${OPSET}. They are written with`,
    `opset ${LOWEST}, or with the lowest later one in which every operator, attribute and element type means the same unchanged.`,
    '',
    `With \`--opset\` they are written for ${OLDEST_WRITTEN} to ${NEWEST_OPSET}: what an older opset lacks is said in its words, or refused.`,
    '',
    `${rows.length} operators in ${files.length} files; ${upgraded} have rewrites from older opsets, ${downgraded} to older ones. "Upgrades" and`,
    '"downgrades" list the opsets whose change of meaning or signature is rewritten or undone; "later" what needs a newer',
    'opset when it is used. Element types, attributes and inputs that came before 21 are in',
    '[history](../src/ops/history.ts).',
    '',
    ...domains.flatMap((domain) => table(domain, rows)),
  ].join('\n');
}

type Row = {
  readonly domain: string;
  readonly opType: string;
  readonly since: number;
  readonly upgrades: string;
  readonly downgrades: string;
  readonly later: string;
  readonly file: string;
};

/** File names in the order of the registry. */
function familyFiles(): string[] {
  const index = readFileSync(join(folder, 'index.ts'), 'utf8');
  const imports = new Map(
    [...index.matchAll(/^import (\w+) from '\.\/(.+)';$/gm)].map((match) => [match[1], match[2]]),
  );
  const list = index.slice(index.indexOf('export const ops'));
  return [...list.matchAll(/^ {2}(\w+),$/gm)].map((match) => imports.get(match[1] ?? '') ?? '');
}

function rowsOf(family: OpFamily, file: string): Row[] {
  return Object.entries(family.ops).map(([opType, signature]) => ({
    domain: family.domain ?? 'ai.onnx',
    opType,
    since: signature.since,
    upgrades: (family.upgrades ?? [])
      .filter((upgrade) => upgrade.opTypes.includes(opType))
      .map((upgrade) => upgrade.to)
      .join(', '),
    downgrades: (family.downgrades ?? [])
      .filter((downgrade) => downgrade.opTypes.includes(opType))
      .map((downgrade) => downgrade.from)
      .join(', '),
    later: laterOf(signature),
    file,
  }));
}

function laterOf({ since, later }: OpSignature): string {
  const parts = Object.entries(later?.attributes ?? {}).map(([name, opset]) => `\`${name}\` ${opset}`);
  for (const [count, opset] of Object.entries(later?.inputs ?? {})) parts.push(`input ${count} ${opset}`);
  if (later?.bfloat16 !== undefined) parts.push(`bfloat16 ${later.bfloat16}`);
  return [...(since > OPSET ? [`all ${since}`] : []), ...parts].join(', ');
}

function table(domain: string, rows: readonly Row[]): string[] {
  const own = rows.filter((row) => row.domain === domain).sort((a, b) => (a.opType < b.opType ? -1 : 1));
  const isCore = domain === 'ai.onnx';
  const head = isCore
    ? ['operator', 'since', 'upgrades', 'downgrades', 'later', 'file']
    : ['operator', 'since', 'file'];
  const lines = own.map(({ opType, since, upgrades, downgrades, later, file }) => {
    const link = `[${file.replace('.ts', '')}](../src/ops/${file})`;
    return isCore ? [opType, since, upgrades, downgrades, later, link] : [opType, since, link];
  });
  return [`## ${domain}`, '', line(head), line(head.map(() => '---')), ...lines.map(line), ''];
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

if (process.argv[1] === import.meta.filename) {
  const page = join(import.meta.dirname, 'opsets.md');
  const text = opsetsPage();
  if (!process.argv.includes('--check')) writeFileSync(page, text);
  else if (readFileSync(page, 'utf8') !== text) {
    console.error('docs/opsets.md is out of date: npx tsx docs/opsets.ts');
    process.exitCode = 1;
  }
}
