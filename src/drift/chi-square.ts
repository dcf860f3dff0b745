// Pearson's χ² on the 2 × k table of counts. Both rows are samples: treating the reference as the known truth
// overstates significance by orders of magnitude when it is small.

import { bin } from './bins.ts';
import { chi2Tail } from './chi2.ts';
import type { DriftTest } from './definition.ts';
import { sharesOf } from './shares.ts';

export default {
  name: 'chi-square',
  title: 'two-sample χ²',
  kinds: ['category'],
  auto: true,
  // χ² (1/n + 1/m) is PSI to first order.
  fromPsi: (psi) => psi,
  compute(reference, current) {
    const binned = bin(reference, current);
    const { noise, degrees, ...shares } = sharesOf(binned);
    // Repeated rows are counted once: see repeats.ts.
    const statistic = chiSquare(
      binned.reference.map((count) => count * reference.independent),
      binned.current.map((count) => count * current.independent),
    );
    return {
      statistic,
      pValue: chi2Tail(statistic, degrees),
      limit: (threshold) => threshold / noise + degrees,
      detail: {
        degrees,
        bins: binned.labels,
        reference: [...shares.reference],
        current: [...shares.current],
      },
    };
  },
} satisfies DriftTest;

/** χ² of a 2 × k contingency table, without continuity correction. Columns with no counts are left out. */
export function chiSquare(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < reference.length; i++) {
    m += reference[i] ?? 0;
    n += current[i] ?? 0;
  }
  let sum = 0;
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i] ?? 0;
    const c = current[i] ?? 0;
    const column = r + c;
    if (column === 0) continue;
    const expectedR = (column * m) / (m + n);
    const expectedC = (column * n) / (m + n);
    sum += (r - expectedR) ** 2 / expectedR + (c - expectedC) ** 2 / expectedC;
  }
  return sum;
}
