// Start-up: whole processes, `mlctl --version` and `mlctl --help` over `node -e 0`, interleaved.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row } from './run.ts';

const ROUNDS = 30;
const executable = fileURLToPath(new URL('../bin/mlctl.js', import.meta.url));

export async function run(): Promise<Row[]> {
  const commands = {
    node: ['-e', '0'],
    version: [executable, '--version'],
    help: [executable, 'convert', '--help'],
  };
  const times = { node: [] as number[], version: [] as number[], help: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, words] of Object.entries(commands)) {
      const started = performance.now();
      spawnSync(process.execPath, words);
      times[name as keyof typeof times].push(performance.now() - started);
    }
  }
  const base = median(times.node);
  return (['version', 'help'] as const).map((name) => ({
    name: name === 'version' ? 'mlctl --version over node -e 0' : 'mlctl convert --help over node -e 0',
    figure: `${(median(times[name]) / base).toFixed(2)}×`,
    detail: `median of ${ROUNDS}: ${median(times[name]).toFixed(0)} ms over ${base.toFixed(0)} ms`,
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
