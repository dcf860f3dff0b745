// Population stability index: Σ (c - r) · ln(c / r) over bins, r and c the shares of reference and current.
// Under no change PSI / (1/n + 1/m) is about χ² with bins - 1 degrees of freedom (Yurdakul & Naranjo,
// "Statistical properties of the population stability index", Journal of Risk Model Validation 14(4), 2020),
// so sampling alone adds (bins - 1)(1/n + 1/m) on average.

import { bin } from './bins.ts';
import { chi2Tail } from './chi2.ts';
import type { DriftTest } from './definition.ts';
import { sampleSize } from './sample.ts';
import { floorFor, sharesOf } from './shares.ts';

export default {
  name: 'psi',
  title: 'population stability index',
  kinds: ['number', 'category'],
  auto: true,
  fromPsi: (psi) => psi,
  compute(reference, current) {
    const binned = bin(reference, current);
    const shares = sharesOf(binned);
    const statistic = psiOfShares(
      shares.reference,
      shares.current,
      floorFor(sampleSize(reference)),
      floorFor(sampleSize(current)),
    );
    return {
      statistic,
      pValue: chi2Tail(statistic / shares.noise, shares.degrees),
      limit: (threshold) => threshold + shares.degrees * shares.noise,
      detail: { bins: binned.labels, reference: [...shares.reference], current: [...shares.current] },
    };
  },
} satisfies DriftTest;

/** PSI of two share vectors; bins empty on both sides add nothing, empty on one side count as the floor. */
export function psiOfShares(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  referenceFloor: number,
  currentFloor: number,
): number {
  let sum = 0;
  for (let i = 0; i < reference.length; i++) {
    if (reference[i] === 0 && current[i] === 0) continue;
    const r = Math.max(reference[i] ?? 0, referenceFloor);
    const c = Math.max(current[i] ?? 0, currentFloor);
    sum += (c - r) * Math.log(c / r);
  }
  return sum;
}
