// How many of the rows are worth counting. A client that sends the same 60 rows five times has sent 60 rows: taken as
// 300, chance looks like drift.

/**
 * Share of the current rows that are independent, from how often two rows are the same: with c other copies of a row on
 * average, n rows are worth n / (1 + c) (Kish's effective sample size, "Survey Sampling", 1965, §8.2). Copies the
 * reference has too are the feature's nature. Where the reference itself repeats a lot (few categories, coarse
 * integers) nothing can be told from it, and every row counts.
 */
export function independentShare(referenceKeys: readonly string[], currentKeys: readonly string[]): number {
  const reference = sameness(referenceKeys);
  if (reference * (referenceKeys.length - 1) > 0.5) return 1;
  const copies = (sameness(currentKeys) - reference) * (currentKeys.length - 1);
  return copies > 0.5 ? 1 / (1 + copies) : 1;
}

/** Probability that two rows drawn without replacement are equal. */
function sameness(keys: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  let pairs = 0;
  for (const count of counts.values()) pairs += count * (count - 1);
  return keys.length < 2 ? 0 : pairs / (keys.length * (keys.length - 1));
}
