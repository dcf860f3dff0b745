// Writes docs/tflite.md: our .tflite files beside those that TensorFlow's converter made of the same networks.
// `MLCTL_CORPUS=<folder> npx tsx docs/tflite.ts`; with `--check` it only says whether the page is up to date, but for
// the speeds, which are measured anew whenever the page is written.

import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Int8Twin, int8Twins } from '../fixtures/formats/tflite/int8-twins.ts';
import { type Twin, twins } from '../fixtures/formats/tflite/twins.ts';
import { compareInt8Twin, type Int8Compared } from '../test/formats/tflite/int8-twins.ts';
import { type Compared, compareTwin, type Side } from '../test/formats/tflite/twins.ts';

const page = fileURLToPath(new URL('tflite.md', import.meta.url));
const corpus = process.env.MLCTL_CORPUS;
if (corpus === undefined) throw new Error('set MLCTL_CORPUS to the folder of the corpus');
const isCheck = process.argv.includes('--check');
const options = { speed: !isCheck };

const floats: string[] = [];
for (const twin of twins) {
  if (twin.refused === undefined) floats.push(floatRow(twin, await compareTwin(corpus, twin, options)));
  else floats.push(`| \`${basename(twin.source)}\` | | | refused: ${twin.refused} | |`);
}
const integers: string[] = [];
for (const twin of int8Twins) integers.push(integerRow(twin, await compareInt8Twin(corpus, twin, options)));

const text = write();
if (isCheck) {
  const isSame = withoutSpeeds(readFileSync(page, 'utf8')) === withoutSpeeds(text);
  console.log(isSame ? 'docs/tflite.md is up to date' : 'docs/tflite.md differs: run this without --check');
  process.exitCode = isSame ? 0 : 1;
} else {
  writeFileSync(page, text);
  console.log(`${floats.length + integers.length} networks`);
}

function floatRow(twin: Twin, { ours, theirs, parity, speed }: Compared): string {
  const model = `\`${basename(twin.source)}\`${twin.dtype === 'float32' ? '' : `, ${twin.dtype}`}`;
  const difference = twin.differs === undefined ? power(parity.maxAbs) : twin.differs;
  return `| ${model} | ${counts(ours, theirs)} | ${sizes(ours, theirs)} | ${difference} | ${ratio(speed)} |`;
}

function integerRow(twin: Int8Twin, compared: Int8Compared): string {
  const { ours, theirs, calibrated, sameRanges, weights, speed } = compared;
  const { accuracy } = calibrated;
  const right = accuracy ? `${accuracy.ours.toFixed(3)} / ${accuracy.theirs.toFixed(3)}` : 'no labels';
  const same = weights.unequal === 0 ? 'all' : `${percent(1 - weights.unequal / weights.count)}`;
  return [
    `| \`${basename(twin.theirs)}\``,
    counts(ours, theirs),
    sizes(ours, theirs),
    twin.differs === undefined ? same : `${same}: ${twin.differs}`,
    `${percent(sameRanges.agreement)}, ${sameRanges.codes} codes`,
    percent(calibrated.agreement),
    `${percent(calibrated.asFloat.ours)} / ${percent(calibrated.asFloat.theirs)}`,
    right,
    `${ratio(speed)} |`,
  ].join(' | ');
}

function counts(ours: Side, theirs: Side): string {
  return `${ours.count} / ${theirs.count}`;
}

function sizes(ours: Side, theirs: Side): string {
  const change = (100 * (ours.bytes / theirs.bytes - 1)).toFixed(1).replace('-', '−');
  const sign = ours.bytes > theirs.bytes ? '+' : '';
  return `${ours.bytes.toLocaleString('en')} / ${theirs.bytes.toLocaleString('en')} (${sign}${change} %)`;
}

/** Rounded up to a power of ten: the last digits depend on the processor. */
function power(difference: number): string {
  return difference === 0 ? '0' : `≤ 1e${Math.max(-7, Math.ceil(Math.log10(difference)))}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function ratio(speed: number | undefined): string {
  return speed === undefined ? '' : speed.toFixed(2);
}

/** Speeds are the last column. */
function withoutSpeeds(page: string): string {
  return page.replace(/\| [\d.]* \|$/gm, '| |');
}

function write(): string {
  return `# TFLite beside TensorFlow's converter

Written by \`docs/tflite.ts\`; do not edit. Networks that the corpus has both with their authors' float weights and as
TensorFlow's converter wrote them. In each pair ours is first, theirs second; speed is theirs over ours in LiteRT
(medians of runs in turn, above 1 is faster).

## Float

\`mlctl convert model.h5 --to tflite\`. Δ: largest absolute difference of any output over 16 seeded inputs, both files in
LiteRT, rounded up to a power of ten.

| source | operators | bytes | Δ | speed |
|---|---|---|---|---|
${floats.join('\n')}

The files below 2 kB are larger by what the converter of their day did not write: a signature (\`serving_default\`), an open
batch axis and the oldest runtime. Their speed, and that of \`keypoint_classifier\`, is that of a few microseconds, in which mlctl's own
bookkeeping for an open batch counts and which differ by a third from run to run; theirs have a batch of 1.

## Whole numbers

\`mlctl convert model.h5 --to tflite --dtype int8 --io-dtype int8 --calibration <data>\`.

- **weights**: codes that are the same in both files.
- **same ranges**: with the ranges that theirs says, as if both had been calibrated on the same data: how often the largest
  output is the same one, and the largest difference of any output in codes.
- **own ranges**: calibrated on one fifth of the rows we have, asked about the other four; each fifth in turn where there
  are labels: how often the largest output is the same one in both files. **as float**: how often it is that of the float
  network, **accuracy**: how often the right one, over the same rows.

| theirs | operators | bytes | weights | same ranges | own ranges | as float | accuracy | speed |
|---|---|---|---|---|---|---|---|---|
${integers.join('\n')}

The data: 1000 photographs of CIFAR-10 for the ResNet; 1000 spoken words for kws; for vww the same photographs, for want
of any of persons; seeded random numbers in the range of the input for str_ww and ad01, for want of any data, where own
ranges mean little.

What can be written is listed in [tflite-ops.md](tflite-ops.md), what can be read in [tflite-read.md](tflite-read.md), how
numbers are made smaller in [precision.md](precision.md).
`;
}
