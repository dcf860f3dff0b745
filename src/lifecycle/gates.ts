// Gates: the figures a model must reach. Parsing and the only comparison are here.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errors, reason } from '../errors.ts';
import type { Gate as ManifestGate } from '../manifest/schema.ts';
import { findMetric } from '../metrics/find.ts';

export type Comparison = '>=' | '>' | '<=' | '<' | '==';

export type Gate = {
  /** Printed name of the metric. */
  readonly metric: string;
  readonly comparison: Comparison;
  readonly limit: number;
  /** Where a relative limit comes from: the figure in the baseline and its file. */
  readonly baseline?: { readonly file: string; readonly value: number };
};

export type GateResult = Gate & {
  /** NaN when the metric is not defined on this data; that never passes. */
  readonly actual: number;
  readonly passed: boolean;
};

/** The only place where a figure is held against its limit. */
export function checkGate(gate: Gate, actual: number): GateResult {
  return { ...gate, actual, passed: holds(actual, gate.comparison, gate.limit) };
}

// Limits are sums and differences of decimal fractions; the last bits of both sides are noise.
const noise = 1e-12;

function holds(actual: number, comparison: Comparison, limit: number): boolean {
  if (!Number.isFinite(actual)) return false;
  const slack = noise * Math.max(1, Math.abs(limit));
  switch (comparison) {
    case '>=':
      return actual >= limit - slack;
    case '<=':
      return actual <= limit + slack;
    case '>':
      return actual > limit;
    case '<':
      return actual < limit;
    case '==':
      return Math.abs(actual - limit) <= slack;
  }
}

/** `accuracy>=0.95`, `log_loss < 0.3`, `recall[setosa]>=90%`. Errors: GATE_INVALID, METRIC_UNKNOWN. */
export function parseGate(text: string): Gate {
  const [, name = '', comparison, number = ''] = /^(.*?)\s*(>=|<=|==|>|<)\s*(.*)$/.exec(text.trim()) ?? [];
  if (comparison === undefined) throw errors.GATE_INVALID(text, 'it has no comparison');
  if (name.endsWith('=')) throw errors.GATE_INVALID(text, `=${comparison} is no comparison`);
  const isPercent = number.endsWith('%');
  const digits = isPercent ? number.slice(0, -1).trim() : number;
  const value = digits === '' ? Number.NaN : Number(digits);
  if (!Number.isFinite(value)) throw errors.GATE_INVALID(text, `${JSON.stringify(number)} is not a number`);
  return {
    metric: findMetric(name).name,
    comparison: comparison as Comparison,
    limit: isPercent ? value / 100 : value,
  };
}

/**
 * Gates of the manifest: `{ accuracy: { min: 0.95 }, f1: { maxDrop: 0.01, against: baseline.json } }`. Baselines are
 * documents that `evaluate --json` printed; their paths are relative to `folder`.
 * Errors: GATE_INVALID, METRIC_UNKNOWN, FILE_NOT_FOUND, FILE_UNREADABLE.
 */
export async function manifestGates(
  gates: Readonly<Record<string, ManifestGate>>,
  folder: string,
): Promise<Gate[]> {
  const found: Gate[] = [];
  for (const [name, { min, max, maxDrop, maxRise, against }] of Object.entries(gates)) {
    const metric = findMetric(name).name;
    if (min !== undefined) found.push({ metric, comparison: '>=', limit: min });
    if (max !== undefined) found.push({ metric, comparison: '<=', limit: max });
    if (maxDrop === undefined && maxRise === undefined) {
      if (min === undefined && max === undefined) {
        throw errors.GATE_INVALID(name, 'it has no limit: give min, max, maxDrop or maxRise');
      }
      continue;
    }
    if (against === undefined)
      throw errors.GATE_INVALID(name, 'maxDrop and maxRise need against: baseline.json');
    const value = await baselineFigure(resolve(folder, against), against, metric, name);
    const baseline = { file: against, value };
    if (maxDrop !== undefined) found.push({ metric, comparison: '>=', limit: value - maxDrop, baseline });
    if (maxRise !== undefined) found.push({ metric, comparison: '<=', limit: value + maxRise, baseline });
  }
  return found;
}

async function baselineFigure(path: string, shown: string, metric: string, gate: string): Promise<number> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw errors.FILE_NOT_FOUND(shown);
    throw errors.FILE_UNREADABLE(shown, cause);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw errors.GATE_INVALID(gate, `${shown} is not JSON: ${reason(cause)}`);
  }
  const metrics = field(document, 'metrics');
  const value = field(metrics, metric);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const known = metrics !== null && typeof metrics === 'object' ? Object.keys(metrics).join(', ') : 'none';
  throw errors.GATE_INVALID(gate, `${shown} has no figure for ${metric}; it has ${known}`);
}

function field(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** Gates of both places; a gate on the command line takes the place of the manifest's on the same metric and side. */
export function mergeGates(flags: readonly Gate[], manifest: readonly Gate[]): Gate[] {
  const side = ({ metric, comparison }: Gate) => `${metric} ${comparison[0]}`;
  const taken = new Set(flags.map(side));
  return [...manifest.filter((gate) => !taken.has(side(gate))), ...flags];
}

/** Reports NaN as a finding, since JSON has no such number. */
export function noteUndefined(results: readonly GateResult[], context: Context): void {
  for (const { metric, actual } of results) {
    if (Number.isFinite(actual)) continue;
    context.diagnose({
      code: 'GATE_UNDEFINED',
      severity: 'warning',
      message: `${metric} is not defined on this data, so its gate does not pass`,
    });
  }
}
