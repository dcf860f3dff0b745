// Drifted or not: the only place where a drift statistic is compared with a threshold.
//
// The rule, for every test alike:
//   1. too few rows on either side: "not enough data", never drift;
//   2. the effect must reach the threshold on top of what sampling noise adds on average;
//   3. significance is a floor only: the p-value, after Benjamini–Hochberg over all tests of the run, must be ≤ 0.01.
// Rule 2 first, because with enough rows any harmless difference is significant; rule 3, because with few rows any
// effect can be chance.

import type { DriftMeasure, DriftTest } from './definition.ts';
import type { Sample } from './sample.ts';
import { sampleSize } from './sample.ts';

export const defaultPsi = 0.1;
export const defaultMinRows = 50;
const alpha = 0.01;

export type DriftInput = {
  readonly feature: string;
  readonly reference: Sample;
  readonly current: Sample;
};

export type DriftOptions = {
  readonly tests: readonly DriftTest[];
  /** `auto`, or the name of one test. */
  readonly method: string;
  /** In the method's own unit; with `auto`, a PSI. */
  readonly threshold?: number;
  readonly minRows?: number;
};

export type DriftReason = 'moved' | 'below threshold' | 'not significant' | 'not enough data';

export type DriftDecision = {
  readonly feature: string;
  readonly kind: Sample['kind'];
  readonly test: string;
  readonly statistic: number | null;
  /** In the statistic's unit and with sampling noise added: drift needs at least this. */
  readonly threshold: number | null;
  readonly pValue: number | null;
  /** After Benjamini–Hochberg. */
  readonly adjustedPValue: number | null;
  readonly drifted: boolean;
  readonly reason: DriftReason;
  /** Independent rows; repeated ones count once. */
  readonly referenceRows: number;
  readonly currentRows: number;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** Runs the tests on every feature and decides. Each feature has drifted when one of its tests says so. */
export function decideDrift(inputs: readonly DriftInput[], options: DriftOptions): DriftDecision[] {
  const minRows = options.minRows ?? defaultMinRows;
  const measured = inputs.flatMap((input) =>
    testsFor(input.reference.kind, options).map((test) => ({
      input,
      test,
      measure: enough(input, minRows) ? test.compute(input.reference, input.current) : undefined,
    })),
  );
  const adjusted = benjaminiHochberg(measured.map(({ measure }) => measure?.pValue));
  return measured.map(({ input, test, measure }, index) => {
    const limit = measure?.limit(effectThreshold(test, options)) ?? null;
    const reason = judge(measure, limit, adjusted[index]);
    return {
      feature: input.feature,
      kind: input.reference.kind,
      test: test.name,
      statistic: measure?.statistic ?? null,
      threshold: limit,
      pValue: measure?.pValue ?? null,
      adjustedPValue: adjusted[index] ?? null,
      drifted: reason === 'moved',
      reason,
      referenceRows: sampleSize(input.reference),
      currentRows: sampleSize(input.current),
      detail: measure?.detail ?? {},
    };
  });
}

/** The one comparison. */
function judge(
  measure: DriftMeasure | undefined,
  limit: number | null,
  adjusted: number | undefined,
): DriftReason {
  if (!measure || limit === null) return 'not enough data';
  if (!(measure.statistic >= limit)) return 'below threshold';
  if (adjusted !== undefined && adjusted > alpha) return 'not significant';
  return 'moved';
}

/** `auto` runs the tests marked for it; a named method runs alone where it fits, and one for every kind stands in where not. */
function testsFor(kind: Sample['kind'], { tests, method }: DriftOptions): DriftTest[] {
  const fitting = tests.filter((test) => test.kinds.includes(kind));
  if (method === 'auto') return fitting.filter((test) => test.auto);
  const named = fitting.filter((test) => test.name === method);
  if (named.length > 0) return named;
  return fitting.filter((test) => test.auto && test.kinds.length > 1).slice(0, 1);
}

function effectThreshold(test: DriftTest, { method, threshold }: DriftOptions): number {
  if (threshold !== undefined && test.name === method) return threshold;
  return test.fromPsi(method === 'auto' ? (threshold ?? defaultPsi) : defaultPsi);
}

function enough({ reference, current }: DriftInput, minRows: number): boolean {
  return Math.min(sampleSize(reference), sampleSize(current)) >= Math.max(1, minRows);
}

/** Adjusted p-values that control the share of false discoveries (Benjamini & Hochberg 1995); undefined stays undefined. */
export function benjaminiHochberg(pValues: readonly (number | undefined)[]): (number | undefined)[] {
  const known = pValues
    .flatMap((p, index) => (p === undefined ? [] : [{ p, index }]))
    .sort((a, b) => b.p - a.p);
  const adjusted: (number | undefined)[] = pValues.map(() => undefined);
  let smallest = 1;
  known.forEach(({ p, index }, position) => {
    const rank = known.length - position;
    smallest = Math.min(smallest, (p * known.length) / rank);
    adjusted[index] = smallest;
  });
  return adjusted;
}
