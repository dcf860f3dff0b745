// Writes docs/graph-quality.md: how the graphs mlctl writes compare with the layers they come from.
// `MLCTL_CORPUS=<folder> npx tsx docs/graph-quality.ts`; with `--check` it only says whether the page is up to date.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quietContext } from '../src/context.ts';
import { MlctlError } from '../src/errors.ts';
import { readKeras } from '../src/formats/keras/read.ts';
import { encodeOnnxBytes } from '../src/formats/onnx/encode.ts';
import { readOnnx } from '../src/formats/onnx/read.ts';
import type { Model } from '../src/graph/model.ts';
import { optimize } from '../src/lifecycle/optimize.ts';
import { allGraphs } from '../src/passes/nested.ts';
import {
  describe,
  exceptionFor,
  kerasFiles,
  measure,
  type Quality,
  sumOf,
  weightsOf,
} from '../test/passes/quality.ts';

const context = quietContext();
const page = fileURLToPath(new URL('graph-quality.md', import.meta.url));
const corpus = process.env.MLCTL_CORPUS;
if (corpus === undefined) throw new Error('set MLCTL_CORPUS to the folder of the corpus');
const root = corpus;

const measured: Quality[] = [];
for (const file of kerasFiles(root)) {
  const quality = await measure(root, file);
  if (quality) measured.push(quality);
}
const networks = measured.filter(({ reference }) => reference !== undefined);
const text = write(networks, measured, await onnxRows(), await optimizedRows(networks));
if (process.argv.includes('--check')) {
  const isSame = existsSync(page) && readFileSync(page, 'utf8') === text;
  console.log(
    isSame
      ? 'docs/graph-quality.md is up to date'
      : 'docs/graph-quality.md differs: run this without --check',
  );
  process.exitCode = isSame ? 0 : 1;
} else {
  writeFileSync(page, text);
  console.log(`${networks.length} networks of convolutions, ${measured.length} models in all`);
}

/** Every ONNX file that has convolutions: nodes in the file and in what is written. */
async function onnxRows(): Promise<string[]> {
  const rows: string[] = [];
  const files = readdirSync(join(root, 'onnx'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.onnx'),
  );
  for (const file of files.filter((name) => !name.startsWith('onnx2tf-ops')).sort()) {
    const model = await read(join(root, 'onnx', file));
    if (!model?.graph.nodes.some(({ opType }) => opType === 'Conv')) continue;
    const before = counts(model);
    await optimize(model, context);
    const after = counts(model);
    const { transposesInside } = describe(model);
    rows.push(
      `| \`${file}\` | ${model.producer.name} | ${before.nodes} → ${after.nodes} | ${before.transposes} → ${after.transposes} | ${transposesInside} |`,
    );
  }
  return rows;
}

/** Constant nodes are how some exporters write weights: no operators. */
function counts(model: Model): { nodes: number; transposes: number } {
  const nodes = allGraphs(model).flatMap((graph) =>
    graph.nodes.filter(({ opType }) => opType !== 'Constant'),
  );
  return { nodes: nodes.length, transposes: nodes.filter(({ opType }) => opType === 'Transpose').length };
}

async function read(path: string): Promise<Model | undefined> {
  try {
    return await readOnnx(path, context);
  } catch (error) {
    if (error instanceof MlctlError) return undefined;
    throw error;
  }
}

/** What onnxruntime makes of each network: its own optimizer's graph, by operator. */
async function optimizedRows(all: readonly Quality[]): Promise<string[]> {
  const ort = await import('onnxruntime-node');
  const folder = mkdtempSync(join(tmpdir(), 'mlctl-docs-'));
  try {
    const rows: string[] = [];
    const seen = new Map<string, number>();
    for (const { file } of all) {
      const model = await readKeras(join(root, file), context, weightsOf(join(root, file)));
      await optimize(model, context);
      const path = join(folder, 'optimized.onnx');
      const session = await ort.InferenceSession.create(await encodeOnnxBytes(model, { opset: 'lowest' }), {
        graphOptimizationLevel: 'all',
        optimizedModelFilePath: path,
        logSeverityLevel: 4,
      });
      await session.release();
      const { opTypes } = describe(await readOnnx(path, context));
      const same = seen.get(opTypes);
      if (same !== undefined) {
        // Twins of one network in several files.
        rows[same] = (rows[same] ?? '').replace('` |', `\`, \`${file}\` |`);
        continue;
      }
      seen.set(opTypes, rows.length);
      rows.push(`| \`${file}\` | ${opTypes} |`);
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(
  all: readonly Quality[],
  models: readonly Quality[],
  onnx: readonly string[],
  optimized: readonly string[],
): string {
  const others = models.filter(
    ({ reference, transposesInside }) => reference === undefined && transposesInside > 0,
  );
  const cells = ({ file, reference, operators, atBorder, transposesInside }: Quality) => {
    const parts = reference ? Object.values(reference).join(' + ') : '';
    const sum = reference ? sumOf(reference) : 0;
    const mark = operators > sum ? '**' : '';
    return `| \`${file}\` | ${parts} = ${sum} | ${mark}${operators}${mark} | ${atBorder} | ${transposesInside} |`;
  };
  const reasons = all.flatMap(({ file }) => {
    const exception = exceptionFor(file);
    return exception ? [`- \`${file}\`: ${exception.why}.`] : [];
  });
  return `# Graph quality

Written by \`docs/graph-quality.ts\`; do not edit. Every Keras file of the corpus was read and its graph rewritten as
\`mlctl convert\` does; \`test/passes/graph-quality.corpus.test.ts\` holds the numbers.

## Networks of convolutions

- **reference**: convolutions + dense layers + activations + pools + merges + reshaping layers, counted in the source's list of
  layers; a separable convolution is two. Batch normalisation, dropout and inputs count as nothing.
- **operators**: of the written graph, without those of the next column.
- **border**: Transposes (or Reshapes, for one channel) by which channels-last inputs and outputs are called as they were in
  Keras. \`convert --inputs-as-nchw\` leaves them out.
- **inside**: other Transposes.

| file | reference | operators | border | inside |
|---|---|---|---|---|
${all.map(cells).join('\n')}

${all.length} networks: ${all.filter((row) => row.reference && row.operators <= sumOf(row.reference)).length} have no more operators than their reference, ${all.filter((row) => row.transposesInside === 0).length} no Transpose inside. The others, and why:

${reasons.join('\n')}

## Transposes inside of other models

| file | inside | why |
|---|---|---|
${others.map(({ file, transposesInside }) => `| \`${file}\` | ${transposesInside} | ${exceptionFor(file)?.why ?? ''} |`).join('\n')}

All other ${models.filter(({ reference, transposesInside }) => reference === undefined && transposesInside === 0).length} models have none.

## ONNX files with convolutions

Operators of the file (without Constant nodes, and with those inside of If and Loop) → of what mlctl writes.

| file | written by | operators | Transposes | inside |
|---|---|---|---|---|
${onnx.join('\n')}

## What onnxruntime makes of the graphs

Operators of the graph after onnxruntime's own optimizer, all levels, on x86-64 with AVX-512. Conv with a bias, and where there is
one an activation or a sum, is one operator of it; ReorderInput and ReorderOutput are its blocked layout, once on the way in and
once on the way out.

| files | operators |
|---|---|
${optimized.join('\n')}

Speed beside the same networks as others exported them: \`npm run bench -- graph-speed\`.
`;
}
