// The threshold that loses least information: for each candidate, the clipped distribution is compared with itself
// after quantization, and the one with the smallest Kullback-Leibler divergence wins.
// Szymon Migacz, 8-bit Inference with TensorRT, GTC 2017, slides "Entropy Calibration - pseudocode".
//
// Works on magnitudes, so the range is symmetric where values have both signs, cut to what was seen. A value with one
// sign has all 256 codes on that side, one with both has 128. Exact zeros are left out: each scale holds them exactly.

import type { CalibrationMethod, Range } from './definition.ts';
import { BINS_PER_SIDE } from './histogram.ts';
import type { Observed } from './observed.ts';

/** Elements per bin, on average, below which most bins are empty and their distribution says nothing: nothing is cut off. */
const LEAST_PER_BIN = 10;

/** Candidates between the fewest bins and all of them: the divergence changes slowly, and each costs a pass. */
const CANDIDATES = 240;

export default {
  name: 'entropy',
  summary: 'what loses least information (Kullback-Leibler)',
  needsHistogram: true,
  choose,
} satisfies CalibrationMethod;

function choose({ min, max, absMax, histogram }: Observed): Range {
  if (!histogram || histogram.total - histogram.zeros < LEAST_PER_BIN * BINS_PER_SIDE) return { min, max };
  const levels = min >= 0 || max <= 0 ? 256 : 128;
  // Up to the last bin with something in it.
  const used = Math.min(BINS_PER_SIDE, Math.ceil(absMax / histogram.width));
  const threshold = bestLength(magnitudes(histogram.counts).subarray(0, used), levels) * histogram.width;
  return { min: Math.max(min, -threshold), max: Math.min(max, threshold) };
}

/** Elements by magnitude: bin i holds i·width … (i + 1)·width. */
function magnitudes(counts: Float64Array): Float64Array {
  const sums = new Float64Array(BINS_PER_SIDE);
  for (let i = 0; i < BINS_PER_SIDE; i++) {
    sums[i] = (counts[BINS_PER_SIDE + i] as number) + (counts[BINS_PER_SIDE - 1 - i] as number);
  }
  return sums;
}

/** How many of the first bins to keep. On a tie the most, which clips least. */
export function bestLength(bins: Float64Array, levels: number): number {
  if (bins.length <= levels) return bins.length;
  const step = Math.max(1, Math.floor((bins.length - levels) / CANDIDATES));
  let best = bins.length;
  let least = divergence(bins, bins.length, levels);
  for (let length = bins.length - step; length >= levels; length -= step) {
    const found = divergence(bins, length, levels);
    if (found < least) {
      least = found;
      best = length;
    }
  }
  return best;
}

/**
 * KL divergence between the first `length` bins with everything beyond added to the last, and the same bins (without
 * what is beyond) merged into `levels` and spread evenly over the bins that were not empty.
 */
function divergence(bins: Float64Array, length: number, levels: number): number {
  let beyond = 0;
  for (let i = length; i < bins.length; i++) beyond += bins[i] as number;
  let kept = 0;
  for (let i = 0; i < length; i++) kept += bins[i] as number;
  if (kept === 0) return Number.POSITIVE_INFINITY;
  const total = kept + beyond;
  let sum = 0;
  for (let level = 0; level < levels; level++) {
    const start = Math.floor((level * length) / levels);
    const end = Math.floor(((level + 1) * length) / levels);
    let inLevel = 0;
    let filled = 0;
    for (let i = start; i < end; i++) {
      const count = bins[i] as number;
      inLevel += count;
      if (count > 0) filled++;
    }
    const q = filled === 0 ? 0 : inLevel / filled / kept;
    for (let i = start; i < end; i++) {
      const count = (bins[i] as number) + (i === length - 1 ? beyond : 0);
      if (count === 0) continue;
      const p = count / total;
      // Only clipped elements can fall where nothing was: as if one element had been there.
      const expected = (bins[i] as number) > 0 ? q : 1 / kept;
      sum += p * Math.log(p / expected);
    }
  }
  return sum;
}
