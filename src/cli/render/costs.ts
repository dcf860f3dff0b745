// What `mlctl convert` says about the layers whose whole numbers cost most.

import type { PrecisionSummary } from '../../lifecycle/convert/precision.ts';
import type { ArtifactReport } from '../../lifecycle/convert.ts';
import { count, significant } from './numbers.ts';

type Costs = NonNullable<PrecisionSummary['costs']>;

/** So many answers have to stay the same, and outputs this close, for nothing to be said unasked. */
const ENOUGH_AGREEING = 0.98;
const CLOSE = 0.1;

/** Rows of the report, where the result is poor. */
export function costRows({ state, parity, precision }: ArtifactReport): string[][] {
  if (!precision?.costs) return [];
  const isPoor =
    state === 'rejected' || (parity?.top1 ?? 1) < ENOUGH_AGREEING || precision.costs.error > CLOSE;
  return isPoor
    ? costLines(precision.costs, precision.dtype).map((line, at) => [at === 0 ? '  costs' : '', line])
    : [];
}

export function costLines({ error, rows, layers }: Costs, dtype: string): string[] {
  const head = `outputs off by ${percent(error)} (${count(rows)} rows)`;
  const [worst] = layers;
  if (!worst) return [`${head}: no layer stands out${remedy(error, dtype)}`];
  return [
    `${head}; kept in float32, a layer would leave`,
    ...layers.map(({ nodes, left }) => `${percent(left)} with ${shortest(nodes).join(', ')}`),
    `try --keep-float32 ${argument(shortest(worst.nodes))}`,
  ];
}

/** A name stands for all that begin with it and a slash. */
function shortest(nodes: readonly string[]): string[] {
  return nodes.filter((node) => !nodes.some((other) => node.startsWith(`${other}/`)));
}

function remedy(error: number, dtype: string): string {
  if (error <= CLOSE) return '';
  return `, try --calibration-method percentile${dtype === 'int8' ? ' or --dtype int16x8' : ''}`;
}

/** As a shell takes it. */
function argument(nodes: readonly string[]): string {
  const names = nodes.join(',');
  return /^[\w,./:-]+$/.test(names) ? names : `'${names.replaceAll("'", "'\\''")}'`;
}

function percent(share: number): string {
  return `${significant(100 * share, 2)} %`;
}
