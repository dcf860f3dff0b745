// Jensen–Shannon distance, natural logarithm: sqrt of ½ KL(r‖m) + ½ KL(c‖m), m the mean of both share vectors.
// Near no change the divergence is PSI / 8, which gives its noise and its place on the common dial.

import { bin } from './bins.ts';
import { chi2Tail } from './chi2.ts';
import type { DriftTest } from './definition.ts';
import { sharesOf } from './shares.ts';

export default {
  name: 'jensen-shannon',
  title: 'Jensen–Shannon distance',
  kinds: ['number', 'category'],
  auto: false,
  fromPsi: (psi) => Math.sqrt(psi / 8),
  compute(reference, current) {
    const binned = bin(reference, current);
    const shares = sharesOf(binned);
    const statistic = jensenShannon(shares.reference, shares.current);
    return {
      statistic,
      pValue: chi2Tail((8 * statistic * statistic) / shares.noise, shares.degrees),
      limit: (threshold) => Math.sqrt(threshold * threshold + (shares.degrees * shares.noise) / 8),
      detail: { bins: binned.labels, reference: [...shares.reference], current: [...shares.current] },
    };
  },
} satisfies DriftTest;

export function jensenShannon(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let divergence = 0;
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i] ?? 0;
    const c = current[i] ?? 0;
    const mean = (r + c) / 2;
    if (r > 0) divergence += (r * Math.log(r / mean)) / 2;
    if (c > 0) divergence += (c * Math.log(c / mean)) / 2;
  }
  return Math.sqrt(Math.max(0, divergence));
}
