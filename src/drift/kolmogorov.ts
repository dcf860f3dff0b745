// The two-sample Kolmogorov–Smirnov statistic and its p-value: exact up to 10 000 values a side, asymptotic beyond.

const mostExact = 10_000;

/** The largest |F_r(x) - F_c(x)| and an x where it is reached. Both ascending. */
export function largestGap(r: Float64Array, c: Float64Array): { distance: number; at: number } {
  let i = 0;
  let j = 0;
  let distance = 0;
  let at = r[0] ?? 0;
  while (i < r.length && j < c.length) {
    const x = Math.min(r[i] as number, c[j] as number);
    while (i < r.length && r[i] === x) i += 1;
    while (j < c.length && c[j] === x) j += 1;
    const gap = Math.abs(i / r.length - j / c.length);
    if (gap > distance) {
      distance = gap;
      at = x;
    }
  }
  return { distance, at };
}

/** P(D ≥ d) for samples of m and n values from one continuous distribution, two-sided. */
export function smirnovTail(d: number, m: number, n: number): number {
  if (!(d > 0)) return 1;
  const effective = (m * n) / (m + n);
  const leading = 2 * Math.exp(-2 * effective * d * d);
  if (leading < 1e-13) return leading;
  return Math.max(m, n) <= mostExact ? exactTail(d, m, n) : kolmogorovTail(d, effective);
}

/**
 * Every order of the pooled sample is a lattice path from (0, 0) to (m, n), all equally likely; D reaches d where the
 * path leaves the band |x/m - y/n| < d. `left[y]` is the share of paths to (x, y) that have left it:
 * left(x, y) = x/(x+y) · left(x-1, y) + y/(x+y) · left(x, y-1), and 1 outside (Hodges 1958, "The significance
 * probability of the Smirnov two-sample test"). Only sums of positive terms, so small p-values keep their digits.
 */
function exactTail(d: number, m: number, n: number): number {
  const divisor = gcd(m, n);
  const stepX = n / divisor;
  const stepY = m / divisor;
  // In whole numbers: outside when |x·stepX - y·stepY| ≥ reach.
  const reach = Math.round(d * m * stepX);
  if (reach === 0) return 1;
  const left = new Float64Array(n + 1).fill(1);
  for (let x = 0; x <= m; x++) {
    const first = Math.max(0, Math.floor((x * stepX - reach) / stepY) + 1);
    const last = Math.min(n, Math.ceil((x * stepX + reach) / stepY) - 1);
    if (first > 0) left[first - 1] = 1;
    for (let y = first; y <= last; y++) {
      if (x + y === 0) {
        left[0] = 0;
        continue;
      }
      const fromLeft = x === 0 ? 0 : (left[y] as number) * x;
      const fromBelow = y === 0 ? 0 : (left[y - 1] as number) * y;
      left[y] = (fromLeft + fromBelow) / (x + y);
    }
    if (last < n) left[last + 1] = 1;
  }
  return Math.min(1, left[n] as number);
}

/** Kolmogorov's limit 2 Σ (-1)^(k-1) exp(-2 k² x²) with Stephens' (1970) finite-sample argument. */
function kolmogorovTail(d: number, effective: number): number {
  const root = Math.sqrt(effective);
  const x = (root + 0.12 + 0.11 / root) * d;
  // Below 0.3 the tail is 1 to nine digits and the alternating series converges slowly.
  if (x < 0.3) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-18) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

function gcd(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}
