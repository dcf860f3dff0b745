// `npm run bench`: every benchmark in this folder, each as ratios measured in one run.
// One of them: npm run bench -- serve

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Row = { readonly name: string; readonly figure: string; readonly detail: string };

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const benches = readdirSync(folder)
  .filter((file) => /^[a-z-]+\.ts$/.test(file) && file !== 'run.ts')
  .map((file) => file.slice(0, -3))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

for (const name of benches) {
  const { run } = (await import(`./${name}.ts`)) as { run?: () => Promise<readonly Row[]> };
  for (const row of (await run?.()) ?? [])
    console.log(`${row.name.padEnd(44)}  ${row.figure.padEnd(16)}  ${row.detail}`);
}
