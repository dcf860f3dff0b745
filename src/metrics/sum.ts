// Sums that do not lose the small terms among the large ones.

/** Neumaier's compensated sum. https://doi.org/10.1002/zamm.19740540106 */
export function sum(values: ArrayLike<number>): number {
  return sumOf(values.length, (index) => values[index] as number);
}

/** The compensated sum of `term(0) … term(count - 1)`. */
export function sumOf(count: number, term: (index: number) => number): number {
  let total = 0;
  let lost = 0;
  for (let index = 0; index < count; index++) {
    const value = term(index);
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  // An infinite term makes the compensation NaN and the sum infinite.
  return Number.isNaN(lost) ? total : total + lost;
}
