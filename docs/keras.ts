// Writes docs/keras.md, every layer of Keras and what becomes of it: npx tsx docs/keras.ts
// With --check it only says whether the page is up to date.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kerasClasses, whyRefused } from '../src/formats/keras/known-classes.ts';
import type { LayerFamily } from '../src/formats/keras/layer.ts';
import { layers } from '../src/formats/keras/layers/index.ts';

const root = join(import.meta.dirname, '..');
const tests = join(root, 'test', 'formats', 'keras');

/** How tests spell a number of dimensions that they fill in. */
const AXES = `\${axes}`;

/** In front of the names of operators in the registry. */
const OPERATOR = 'ops.';

export type LayerRow = {
  readonly className: string;
  readonly isRead: boolean;
  /** Where its numbers are compared, and with what; '' for none. */
  readonly reference: string;
  readonly notes: string;
};

/** What single options are refused for; whole classes say it themselves. */
const NOTES: Readonly<Record<string, string>> = {
  AdaptiveAveragePooling1D: 'axes of known length',
  Attention: 'masks that come along or are given; attention scores as a second output',
  BatchNormalization:
    'at inference; modes 1 and 2 of Keras 1 are refused: they normalise with the batch itself',
  CategoryEncoding: 'sparse outputs are refused',
  Conv2DTranspose: 'those of Keras 1 are refused: their output shape is fixed with the batch',
  Discretization: 'boundaries given or learned',
  EinsumDense: 'one MatMul where the equation is one, otherwise Einsum',
  GroupNormalization: 'one GroupNormalization',
  IntegerLookup: 'vocabulary in the file; unknown numbers by remainder',
  LayerNormalization: 'one LayerNormalization over any axes',
  LocallyConnected2D: 'implementation 1; the others store a matrix mostly of zeros',
  MultiHeadAttention: 'inputs (batch, steps, features); attention over another axis is refused',
  Normalization: 'statistics learned or given; invert',
  RandomCrop: 'Keras 2; releases of Keras 3 differ at inference',
  RandomFlip: 'unchanged at inference, like all augmentation',
  Resizing: 'nearest and bilinear; the other filters give other numbers in ONNX',
  SpatialDropout2D: 'unchanged at inference, like all regularization',
  StringLookup:
    'vocabulary in the file; several indices for unknown words are refused: they need a text hash',
  TextVectorization:
    'standardize = null; lower-casing and removing punctuation as Keras does is not in ONNX. Parts words at spaces',
  UpSampling2D: 'nearest, bilinear, bicubic; lanczos is not in ONNX',
};

export function layerRows(): LayerRow[] {
  const families = new Map<string, LayerFamily>();
  for (const family of layers) for (const name of family.classNames) families.set(name, family);
  const files = readdirSync(tests)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file): [string, string] => [file, readFileSync(join(tests, file), 'utf8')]);
  const named = [...families.keys()].filter((name) => !name.startsWith(OPERATOR));
  const names = [...new Set([...kerasClasses, ...named])].sort();
  return names.map((className) => {
    const isRead = families.has(className);
    return {
      className,
      isRead,
      reference: isRead ? referenceOf(className, files) : '',
      notes: isRead ? (NOTES[className] ?? '') : (whyRefused(className) ?? ''),
    };
  });
}

/** Functions called on tensors, which Keras writes as layers of their own. */
function operators(): string[] {
  return layers
    .flatMap((family) => family.classNames)
    .filter((name) => name.startsWith(OPERATOR))
    .map((name) => name.slice(OPERATOR.length))
    .sort();
}

/** The tests that name the class: as a word in quotes, or with its dimensions filled in. */
function referenceOf(className: string, files: readonly (readonly [string, string])[]): string {
  const spellings = [`'${className}'`, `'${className} `, `${className}: one(`, `\n    ${className}: `];
  const anyDimensions = className.replace(/\dD/, `${AXES}D`);
  if (anyDimensions !== className)
    spellings.push(`\`${anyDimensions}`, `\`${anyDimensions.replace(AXES, `\${size.length}`)}`);
  if (/(Max|Average)Pooling/.test(anyDimensions)) {
    spellings.push(anyDimensions.replace(/Max|Average/, `\${kind}`));
  }
  const found = files
    .filter(([, text]) => spellings.some((spelling) => text.includes(spelling)))
    .map(([file]) => file);
  const isTfjs = found.includes('reference-layers.test.ts');
  const formulas = found.filter(
    (file) => !/^(reference|damage|archive|corpus|file|pair|policies|models|nested)/.test(file),
  );
  const parts = [
    ...(isTfjs ? ['tfjs'] : []),
    ...formulas.map((file) => `formula (${file.replace('.test.ts', '')})`),
  ];
  return parts.join(', ');
}

/** The page's text. */
export function kerasPage(): string {
  const rows = layerRows();
  const read = rows.filter((row) => row.isRead);
  return [
    '# Keras, layer by layer',
    '',
    'Written by `npx tsx docs/keras.ts` from the files of `src/formats/keras/layers` and from the tests; do not edit.',
    '',
    `${rows.length} classes of Keras 1 to 3, older names included: ${read.length} are read, ${rows.length - read.length} cannot be.`,
    '"Test reference" says with what the numbers of the class are compared: `tfjs` runs the same file, a `formula` is the',
    "documentation's definition in plain loops, in the test named. Layers of the author's own code are refused by name.",
    '',
    '| layer | read | test reference | notes |',
    '|---|---|---|---|',
    ...rows.map(
      (row) => `| ${row.className} | ${row.isRead ? 'yes' : 'no'} | ${row.reference} | ${row.notes} |`,
    ),
    '',
    '## Functions on tensors',
    '',
    'Keras writes a function called on a tensor as a layer (`TFOpLambda`, `SlicingOpLambda`, `Operation` of Keras 3). Those with',
    `an ONNX meaning are read, ${operators().length} in the words of Keras 3; others are refused by name: ${operators().join(', ')}.`,
    '',
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const page = join(import.meta.dirname, 'keras.md');
  if (!process.argv.includes('--check')) {
    writeFileSync(page, kerasPage());
  } else if (readFileSync(page, 'utf8') !== kerasPage()) {
    console.error('docs/keras.md is out of date: npx tsx docs/keras.ts');
    process.exitCode = 1;
  }
}
