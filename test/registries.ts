// The registries: folders whose index.ts is a snapshot of their files. `npm run fix` rewrites them
// (tsx test/registries.ts --write); test/registries.test.ts fails when one is out of date.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Registry = { readonly folder: string; readonly exports: string };

export const registries: readonly Registry[] = [
  { folder: 'src/ops', exports: 'ops' },
  { folder: 'src/passes', exports: 'passes' },
  { folder: 'src/formats', exports: 'formats' },
  { folder: 'src/formats/keras/layers', exports: 'layers' },
  { folder: 'src/runtimes', exports: 'runtimes' },
  { folder: 'src/datasets', exports: 'datasets' },
  { folder: 'src/metrics', exports: 'metrics' },
  { folder: 'src/drift', exports: 'drift' },
  { folder: 'src/targets', exports: 'targets' },
  { folder: 'src/cli/commands', exports: 'commands' },
];

/** The text index.ts should have. A member is a file, or a folder with an index.ts, that has a default export. */
export function snapshot({ folder, exports }: Registry): string {
  const members: { name: string; from: string }[] = [];
  for (const entry of readdirSync(folder).sort()) {
    const path = join(folder, entry);
    const isFolder = statSync(path).isDirectory();
    const file = isFolder ? join(path, 'index.ts') : path;
    if (entry === 'index.ts' || !file.endsWith('.ts') || !existsSync(file)) continue;
    if (!/^export default /m.test(readFileSync(file, 'utf8'))) continue;
    const base = isFolder ? entry : entry.slice(0, -3);
    members.push({ name: identifier(base), from: isFolder ? `./${entry}/index.ts` : `./${entry}` });
  }
  const imports = members.map(({ name, from }) => `import ${name} from '${from}';`).join('\n');
  const list = members.map(({ name }) => `  ${name},`).join('\n');
  return (
    '// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.\n\n' +
    `${imports}\n\nexport const ${exports} = [\n${list}\n] as const;\n`
  );
}

function identifier(base: string): string {
  const camel = base.replace(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase());
  return /^\d/.test(camel) ? `_${camel}` : camel;
}

/** The same text whatever the formatter did to line breaks and import order. */
export function normalize(text: string): string {
  const lines = text.replace(/[\s,]+/g, ' ').split(/(?=import )|(?=export const )/);
  return lines
    .map((line) => line.trim())
    .sort()
    .join('\n');
}

if (process.argv.includes('--write')) {
  for (const registry of registries) {
    if (!existsSync(registry.folder)) continue;
    const path = join(registry.folder, 'index.ts');
    const text = snapshot(registry);
    const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (normalize(old) !== normalize(text)) writeFileSync(path, text);
  }
}
