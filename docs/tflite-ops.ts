// Writes docs/tflite-ops.md: which ONNX operators the TFLite writer takes, judged by ONNX's own tests run in LiteRT.
// `MLCTL_CORPUS=<folder> npx tsx docs/tflite-ops.ts`; with `--check` it only says whether the page is up to date.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendCases } from '../test/formats/onnx/backend.ts';
import { judge } from '../test/formats/tflite/write-backend.ts';

type Row = { passed: number; claimed: number; refused: number; reasons: Set<string> };

if (process.env.MLCTL_CORPUS === undefined) throw new Error('set MLCTL_CORPUS to the folder of the corpus');
const rows = new Map<string, Row>();
let [passed, claimed, refused] = [0, 0, 0];
for (const name of backendCases()) {
  // Bodies of functions test other operators than the one they are named after.
  if (/_expanded(_ver\d+)?$/.test(name)) continue;
  const verdict = await judge(name);
  if (verdict === undefined) continue;
  const [opType = ''] = verdict.opTypes;
  const row = rows.get(opType) ?? { passed: 0, claimed: 0, refused: 0, reasons: new Set() };
  rows.set(opType, row);
  if (verdict.state === 'refused') {
    row.refused++;
    refused++;
  } else {
    row.claimed++;
    claimed++;
  }
  if (verdict.state === 'passed') {
    row.passed++;
    passed++;
  } else row.reasons.add(verdict.reason.replace(/\|/g, '\\|'));
}

const lines = [...rows]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([opType, row]) => {
    const reasons = [...row.reasons].slice(0, 4).join('; ');
    return `| ${opType} | ${row.claimed} | ${row.passed} | ${row.refused} | ${reasons} |`;
  });
const page = `# ONNX operators in TFLite files

Written by \`docs/tflite-ops.ts\`: every operator test of the ONNX project that has tensors for inputs and outputs is written
as a TFLite file and run in LiteRT. A test counts as claimed when the writer writes it, as passed when LiteRT then gives
what the test expects (to 1e-3 of each element and 2e-6), as refused when \`mlctl convert\` says it cannot be written.
Sizes, axes and weights that these tests feed as inputs are constants where TFLite has to know them.

${claimed} claimed, ${passed} passed, ${refused} refused.

| operator | claimed | passed | refused | what is refused or differs, and why |
|---|---|---|---|---|
${lines.join('\n')}
`;
const path = fileURLToPath(new URL('tflite-ops.md', import.meta.url));
if (process.argv.includes('--check')) {
  const isSame = readFileSync(path, 'utf8') === page;
  console.log(
    isSame ? 'docs/tflite-ops.md is up to date' : 'docs/tflite-ops.md differs: run this without --check',
  );
  process.exit(isSame ? 0 : 1);
}
writeFileSync(path, page);
console.log(`${claimed} claimed, ${passed} passed`);
process.exit(0);
