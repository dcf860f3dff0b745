// Writes docs/tflite-read.md: what becomes of every TFLite file of the corpus.
// `MLCTL_CORPUS=<folder> npx tsx docs/tflite-read.ts`; with `--check` it only says whether the page is up to date.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTfliteFile } from '../src/formats/tflite/file.ts';
import { type Verdict, verdictOf } from '../test/formats/tflite/read-verdict.ts';

type Row = { readonly file: string; readonly operators: string; readonly verdict: Verdict };

const page = fileURLToPath(new URL('tflite-read.md', import.meta.url));
const corpus = process.env.MLCTL_CORPUS;
if (corpus === undefined) throw new Error('set MLCTL_CORPUS to the folder of the corpus');

const root = join(corpus, 'tflite');
const rows: Row[] = [];
for (const file of listFiles(root)) {
  const path = join(root, file);
  rows.push({ file, operators: await operatorsOf(path), verdict: await verdictOf(path, file) });
}
const text = write(rows);
if (process.argv.includes('--check')) {
  const isSame = readFileSync(page, 'utf8') === text;
  console.log(
    isSame ? 'docs/tflite-read.md is up to date' : 'docs/tflite-read.md differs: run this without --check',
  );
  process.exitCode = isSame ? 0 : 1;
} else {
  writeFileSync(page, text);
  console.log(`${rows.length} files, ${countOf('equal')} equal, ${countOf('different')} different`);
}

function countOf(kind: Verdict['kind']): number {
  return rows.filter(({ verdict }) => verdict.kind === kind).length;
}

async function operatorsOf(path: string): Promise<string> {
  const { subgraphs } = await readTfliteFile(path);
  const counts = new Map<string, number>();
  for (const { opcode, custom } of subgraphs.flatMap(({ operators }) => operators)) {
    const name = opcode === 'CUSTOM' ? (custom ?? '') : opcode;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
}

/** The largest difference: the last digits depend on the processor. */
function differenceOf({ verdict }: Row): string {
  if (!('comparison' in verdict)) return '';
  const { relative, worst, within, exact, model } = verdict.comparison;
  const types = model.graph.outputs.map((name) => model.graph.types.get(name));
  const isFloat = types.some((type) => type?.kind === 'tensor' && type.dtype.startsWith('float'));
  const power = relative === 0 ? '0' : `≤ 1e${Math.max(-6, Math.ceil(Math.log10(relative)))}`;
  const isInteger = types.some((type) => type?.kind === 'tensor' && !type.dtype.startsWith('float'));
  const steps =
    worst === 0
      ? 'equal'
      : `${worst > 1e6 ? 'far' : worst} at most, ${share(within)} within 1, ${share(exact)} equal`;
  return [isFloat ? power : '', isInteger ? steps : ''].filter((part) => part !== '').join('; ');
}

function share(part: number): string {
  return `${(Math.floor(part * 1000) / 10).toFixed(1)} %`;
}

function sizeOf({ verdict }: Row): string {
  if (!('comparison' in verdict)) return '';
  const { nodes } = verdict.comparison.model.graph;
  return `${nodes.length} | ${nodes.filter(({ opType }) => opType === 'Transpose').length}`;
}

function whyNot({ verdict }: Row): string {
  if (verdict.kind === 'alone') return verdict.reason;
  if (verdict.kind !== 'refused') return '';
  const { code, message, details } = verdict.error;
  const missing = details.map((line) => line.replace(/ x\d+ \([^)]*\):/, ':'));
  return `${code}: ${code === 'OP_UNSUPPORTED' ? missing.join('; ') : message.replace(/^\S+ is/, 'it is')}`;
}

function cell(words: string): string {
  const line = words.replaceAll(root, '').replace(/\s+/g, ' ').replaceAll('|', '\\|');
  return line.length > 260 ? `${line.slice(0, 257)}…` : line;
}

function write(all: readonly Row[]): string {
  const of = (...kinds: Verdict['kind'][]) => all.filter(({ verdict }) => kinds.includes(verdict.kind));
  const oracle = ({ verdict }: Row) => ('comparison' in verdict ? verdict.comparison.oracle : '');
  const compared = of('equal').map(
    (row) =>
      `| \`${row.file}\` | ${row.operators} | ${sizeOf(row)} | ${oracle(row)} | ${differenceOf(row)} |`,
  );
  const explained = of('explained', 'different').map(
    (row) =>
      `| \`${row.file}\` | ${oracle(row)} | ${differenceOf(row)} | ${cell('reason' in row.verdict ? row.verdict.reason : '')} |`,
  );
  const others = of('alone', 'refused').map(
    (row) =>
      `| \`${row.file}\` | ${row.verdict.kind === 'alone' ? 'read' : 'refused'} | ${cell(whyNot(row))} |`,
  );
  return `# TFLite files, one by one

Written by \`docs/tflite-read.ts\`; do not edit. Each file of the corpus was read to a graph, optimized and run in
onnxruntime on three sets of seeded inputs, beside LiteRT, or the classic interpreter (with XNNPACK) where LiteRT
refuses the file. Every run starts from the initial state.

- **Δ**: of float outputs the largest difference relative to the largest value of that output, rounded up to a power of
  ten, up to 1e-4 counts as equal; of integer outputs the largest difference in steps, 99 % within 1 and none over 2
  count as equal.
- **nodes**, **T**: operators of the written graph, and how many of them are Transposes.

${all.length} files: ${of('equal').length} compared and equal, ${of('explained').length} compared and different for a known reason, ${of('different').length} different, ${of('alone').length} read but run by no interpreter here, ${of('refused').length} refused.

## Equal

| file | operators | nodes | T | beside | Δ |
|---|---|---|---|---|---|
${compared.join('\n')}

## Different, and why

| file | beside | Δ | why |
|---|---|---|---|
${explained.join('\n')}

## Not compared

| file | | why |
|---|---|---|
${others.join('\n')}
`;
}

function listFiles(top: string): string[] {
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tflite'))
    .sort();
}
