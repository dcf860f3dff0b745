// The registries: folders whose index.ts is a snapshot of their files. `npm run fix` rewrites them
// (tsx test/registries.ts --write); test/registries.test.ts fails when one is out of date.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Registry = {
  readonly folder: string;
  /** Name of the exported list. */
  readonly exports: string;
  /** Type of a member, and where it is declared, seen from the folder. */
  readonly member: string;
  readonly from: string;
};

export const registries: readonly Registry[] = [
  { folder: 'src/ops', exports: 'ops', member: 'OpFamily', from: './definition.ts' },
  { folder: 'src/passes', exports: 'passes', member: 'Pass', from: './definition.ts' },
  {
    folder: 'src/passes/quantize/calibration',
    exports: 'calibrationMethods',
    member: 'CalibrationMethod',
    from: './definition.ts',
  },
  { folder: 'src/passes/quantize', exports: 'precisions', member: 'Precision', from: './definition.ts' },
  { folder: 'src/formats', exports: 'formats', member: 'Format', from: './definition.ts' },
  { folder: 'src/formats/keras/layers', exports: 'layers', member: 'LayerFamily', from: '../layer.ts' },
  {
    folder: 'src/formats/tflite/lower/operators',
    exports: 'operators',
    member: 'OperatorFamily',
    from: '../definition.ts',
  },
  {
    folder: 'src/formats/tflite/emit',
    exports: 'emitters',
    member: 'Emitter',
    from: './emitter.ts',
  },
  {
    folder: 'src/formats/tflite/decompose',
    exports: 'rewrites',
    member: 'Rewrite',
    from: '../rewrite/definition.ts',
  },
  {
    folder: 'src/formats/tflite/channels-last',
    exports: 'rewrites',
    member: 'Rewrite',
    from: '../rewrite/definition.ts',
  },
  { folder: 'src/runtimes', exports: 'runtimes', member: 'Runtime', from: './session.ts' },
  { folder: 'src/datasets', exports: 'datasets', member: 'DatasetFormat', from: './definition.ts' },
  { folder: 'src/metrics', exports: 'metrics', member: 'Metric', from: './definition.ts' },
  { folder: 'src/drift', exports: 'drift', member: 'DriftTest', from: './definition.ts' },
  { folder: 'src/targets', exports: 'targets', member: 'Target', from: './definition.ts' },
  { folder: 'src/lifecycle/doctor/checks', exports: 'checks', member: 'Check', from: '../definition.ts' },
  { folder: 'src/cli/commands', exports: 'commands', member: 'Command', from: '../command.ts' },
];

/** The text index.ts should have. A member is a file, or a folder with an index.ts, that has a default export. */
export function snapshot({ folder, exports, member, from }: Registry): string {
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
  const names = members.map(({ name }) => name);
  const line = `export const ${exports}: readonly ${member}[] = [${names.join(', ')}];`;
  // As the formatter would break it.
  const list =
    line.length <= 110
      ? line
      : `${line.slice(0, line.indexOf('[]') + 5)}[\n${names.map((name) => `  ${name},\n`).join('')}];`;
  return (
    '// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.\n\n' +
    `import type { ${member} } from '${from}';\n${imports}\n\n${list}\n`
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
