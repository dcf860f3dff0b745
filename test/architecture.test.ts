// The house rules that can be read off the source: who may import whom, who may touch the process,
// which packages are loaded lazily. The table is DESIGN's, as data.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A folder may import itself and the folders of lower rank. Files directly in src/ have rank 0. */
const ranks: Readonly<Record<string, number>> = {
  graph: 1,
  // Encoders hand out tensors, so they may know what one is.
  encoding: 2,
  ops: 3,
  passes: 4,
  // A writer of a channels-last format runs the layout pass.
  formats: 4.5,
  explainers: 5,
  drift: 5,
  metrics: 5,
  datasets: 5,
  runtimes: 5,
  store: 5,
  server: 6,
  targets: 7,
  manifest: 8,
  lifecycle: 9,
  cli: 10,
};

/** Packages that cost start-up time or are native: only ever `import()`ed, each from one place. */
const lazyPackages = [
  '@duckdb/node-api',
  '@tensorflow/',
  'echarts',
  'fflate',
  'h5wasm',
  'onnxruntime-node',
  'ora',
  'protobufjs',
];

/** Packages only the command line may use. */
const cliPackages = ['chalk', 'commander', 'ora'];

type Import = { readonly specifier: string; readonly isType: boolean; readonly isDynamic: boolean };

const files = sources('src');
const imports = new Map(files.map((file) => [file, importsOf(readFileSync(file, 'utf8'))]));

describe('architecture', () => {
  it('imports run downward only', () => {
    const wrong: string[] = [];
    for (const [file, list] of imports) {
      for (const target of relativeTargets(file, list)) {
        const [from, to] = [folderOf(file), folderOf(target)];
        if (from === to) continue;
        if (to === '' || (ranks[from] ?? 0) > (ranks[to] ?? Number.POSITIVE_INFINITY)) continue;
        wrong.push(`${file} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('every folder has a rank', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''));
    expect([...folders].filter((folder) => !(folder in ranks))).toEqual([]);
  });

  it('formats do not import one another', () => {
    const wrong: string[] = [];
    for (const [file, list] of imports) {
      const format = formatOf(file);
      if (format === undefined) continue;
      for (const target of relativeTargets(file, list)) {
        const other = formatOf(target);
        if (other !== undefined && other !== format) wrong.push(`${file} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('there are no import cycles between values', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('only cli/ touches the process, its streams and the terminal packages', () => {
    const wrong: string[] = [];
    for (const file of files) {
      if (folderOf(file) === 'cli') continue;
      const text = withoutComments(readFileSync(file, 'utf8'));
      if (/(?<![\w.])process\.\w|\bconsole\.|['"]node:process['"]/.test(text) && !exceptions.has(file))
        wrong.push(file);
      const used = imports.get(file)?.filter(({ specifier }) => cliPackages.includes(specifier));
      if (used?.length) wrong.push(`${file}: ${used.map(({ specifier }) => specifier)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('heavy packages are loaded with import(), each in one file', () => {
    const places = new Map<string, Set<string>>();
    const wrong: string[] = [];
    for (const [file, list] of imports) {
      for (const { specifier, isType, isDynamic } of list) {
        const heavy = lazyPackages.find(
          (name) => specifier === name || specifier.startsWith(name.replace(/\/?$/, '/')),
        );
        if (heavy === undefined || isType) continue;
        if (!isDynamic) wrong.push(`${file} imports ${specifier} at load`);
        places.set(heavy, (places.get(heavy) ?? new Set()).add(file));
      }
    }
    for (const [name, where] of places)
      if (where.size > 1) wrong.push(`${name} is loaded in ${[...where].join(', ')}`);
    expect(wrong).toEqual([]);
  });

  it('an object exported by default does not import(): TypeScript would not rewrite the path', () => {
    const wrong = files.filter((file) => {
      const text = readFileSync(file, 'utf8');
      const start = text.search(/^export default \{/m);
      return start >= 0 && /\bimport\(/.test(text.slice(start));
    });
    expect(wrong).toEqual([]);
  });

  it('no file is over 500 lines', () => {
    expect(files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 500)).toEqual([]);
  });

  it('every file says at its top what it is for', () => {
    expect(files.filter((file) => !readFileSync(file, 'utf8').startsWith('//'))).toEqual([]);
  });
});

/** Where a process global is unavoidable, and why. */
const exceptions = new Map<string, string>([
  [
    'src/encoding/hdf5-library.ts',
    'the HDF5 library reports through console.error, which it takes hold of while it is loaded',
  ],
  [
    'src/runtimes/onnxruntime.ts',
    'ORT_DISABLE_TELEMETRY must be in the environment before the library loads',
  ],
]);

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    return statSync(path).isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const [, type, specifier = ''] of code.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  )) {
    found.push({ specifier, isType: type !== undefined, isDynamic: false });
  }
  for (const [, specifier = ''] of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ specifier, isType: false, isDynamic: true });
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

function relativeTargets(file: string, list: readonly Import[]): string[] {
  return list
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => normalize(join(dirname(file), specifier)));
}

function folderOf(file: string): string {
  const parts = relative('src', file).split('/');
  return parts.length > 1 ? (parts[0] ?? '') : '';
}

function formatOf(file: string): string | undefined {
  const parts = relative('src', file).split('/');
  return parts[0] === 'formats' && parts.length > 2 ? parts[1] : undefined;
}

/** Static value imports only: a type has no run time, and import() runs after the cycle is loaded. */
function findCycle(): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    const list = (imports.get(file) ?? []).filter(({ isType, isDynamic }) => !isType && !isDynamic);
    for (const target of relativeTargets(file, list)) {
      const cycle = visit(target);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return undefined;
}
