// Writes docs/keras-h5.md: what becomes of every Keras HDF5 file of the corpus.
// `MLCTL_CORPUS=<folder> npx tsx docs/keras-h5.ts`; with `--check` it only says whether the page is up to date.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quietContext } from '../src/context.ts';
import { MlctlError } from '../src/errors.ts';
import keras from '../src/formats/keras/index.ts';
import { convert } from '../src/lifecycle/convert.ts';
import onnxruntime from '../src/runtimes/onnxruntime.ts';
import { compareWithTfjs, wrongInTfjs } from '../test/formats/keras/reference.ts';

type Row = {
  readonly file: string;
  readonly keras: string;
  readonly layers: string;
  readonly nodes: string;
  readonly transposes: string;
  readonly distance: string;
  /** Empty when the file was converted. */
  readonly refusal: string;
};

const TOLERANCE = 1e-4;
const context = quietContext();
const page = fileURLToPath(new URL('keras-h5.md', import.meta.url));
const corpus = process.env.MLCTL_CORPUS;
if (corpus === undefined) throw new Error('set MLCTL_CORPUS to the folder of the corpus');

const root = join(corpus, 'keras-h5');
const folder = mkdtempSync(join(tmpdir(), 'mlctl-docs-'));
const rows: Row[] = [];
try {
  for (const file of listFiles(root)) rows.push(await describe(file));
} finally {
  rmSync(folder, { recursive: true });
}
const text = write(rows);
if (process.argv.includes('--check')) {
  const isSame = readFileSync(page, 'utf8') === text;
  console.log(
    isSame ? 'docs/keras-h5.md is up to date' : 'docs/keras-h5.md differs: run this without --check',
  );
  process.exitCode = isSame ? 0 : 1;
} else {
  writeFileSync(page, text);
  console.log(`${rows.length} files, ${rows.filter((row) => row.refusal === '').length} converted`);
}

async function describe(file: string): Promise<Row> {
  const path = join(root, file);
  const about = { file, ...(await layersOf(path)) };
  try {
    const output = join(folder, 'model.onnx');
    const { result } = await convert({ model: path, to: ['onnx'], output, force: true }, context);
    const [artifact] = result.artifacts;
    if (!artifact) throw new Error(`${file}: nothing was written`);
    const { operators, transposes, state } = artifact;
    const wrong = wrongInTfjs[file];
    const checked =
      wrong !== undefined
        ? `tfjs is wrong: ${wrong}`
        : state === 'rejected'
          ? 'not written: out of tolerance'
          : await distance(path, output);
    return {
      ...about,
      nodes: `${operators.before} → ${operators.after}`,
      transposes: String(transposes.remaining),
      distance: checked,
      refusal: '',
    };
  } catch (error) {
    if (!(error instanceof MlctlError)) throw error;
    return { ...about, nodes: '', transposes: '', distance: '', refusal: refusal(error, path) };
  }
}

async function layersOf(path: string): Promise<{ keras: string; layers: string }> {
  try {
    const { formatVersion, operators } = await keras.describe(path, context);
    const counts = Object.entries(operators).sort(([a], [b]) => (a < b ? -1 : 1));
    const layers = counts.map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
    return { keras: formatVersion.replace('Keras ', ''), layers };
  } catch (error) {
    if (error instanceof MlctlError) return { keras: '', layers: '' };
    throw error;
  }
}

/** The written file against tfjs, as a power of ten: the last digits depend on the processor. */
async function distance(path: string, onnx: string): Promise<string> {
  const model = await keras.read(path, context);
  const open = () => onnxruntime.open({ format: 'onnx', path: onnx });
  try {
    const { relative } = await compareWithTfjs(path, model, open);
    if (relative === 0) return '0';
    const power = Math.max(-6, Math.ceil(Math.log10(relative)));
    return `${relative <= TOLERANCE ? '' : '**'}≤ 1e${power}${relative <= TOLERANCE ? '' : '**'}`;
  } catch (error) {
    if (!(error instanceof MlctlError)) throw error;
    return `tfjs cannot: ${error.message.replace(/^.*?cannot build \S+ /, '').replace(/ This may .*/, '')}`;
  }
}

/** All that is missing, without the names of the layers; otherwise the error's own words, shortened. */
function refusal({ code, message, details }: MlctlError, path: string): string {
  const missing = details.map((line) => line.replace(/ x1(?= )/, '').replace(/ \([^)]*\):/, ':'));
  const words = code === 'OP_UNSUPPORTED' ? missing.join('; ') : message.replaceAll(path, 'it');
  const line = words.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  return `${code}: ${line.length > 160 ? `${line.slice(0, 157)}…` : line}`;
}

function write(all: readonly Row[]): string {
  const done = all.filter((row) => row.refusal === '');
  const cells = (row: Row) =>
    `| \`${row.file}\` | ${row.keras} | ${row.layers} | ${row.nodes} | ${row.transposes} | ${row.distance} |`;
  return `# Keras HDF5 files, one by one

Written by \`docs/keras-h5.ts\`; do not edit. Each file of the corpus was converted with \`mlctl convert --to onnx\`, and the
written file was run in onnxruntime on seeded inputs beside the Keras file in tfjs, which builds the model from the
file by itself.

- **nodes**: operators of the graph as read → as written, after all passes.
- **transposes**: Transpose operators left inside the written graph.
- **Δ**: largest difference of any output, relative to the largest value of that output, rounded up to a power of ten.
  Up to 1e-4 counts as equal.

${all.length} files: ${done.length} converted, ${done.filter((row) => row.distance.startsWith('≤') || row.distance === '0').length} of them compared with tfjs and equal, ${all.length - done.length} refused.

## Converted

| file | Keras | layers | nodes | transposes | Δ |
|---|---|---|---|---|---|
${done.map(cells).join('\n')}

## Refused

| file | Keras | why |
|---|---|---|
${all
  .filter((row) => row.refusal !== '')
  .map((row) => `| \`${row.file}\` | ${row.keras} | ${row.refusal} |`)
  .join('\n')}
`;
}

function listFiles(top: string): string[] {
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(h5|hdf5)$/.test(file))
    .sort();
}
