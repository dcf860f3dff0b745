// What one value of a graph was seen to hold over all runs.

import { Histogram } from './histogram.ts';

export type Observed = {
  /** Of the finite elements; 0 when there were none. */
  readonly min: number;
  readonly max: number;
  readonly absMax: number;
  /** Elements seen, those that are not finite included. */
  readonly count: number;
  readonly nan: number;
  readonly infinite: number;
  readonly histogram?: Histogram;
};

/**
 * @example
 * const observer = new Observer({ histogram: true });
 * observer.add([1, 2, 3]);
 * observer.observed; // { min: 1, max: 3, absMax: 3, count: 3, … }
 */
export class Observer {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #count = 0;
  #nan = 0;
  #infinite = 0;
  readonly #histogram: Histogram | undefined;

  constructor(options: { readonly histogram?: boolean } = {}) {
    this.#histogram = options.histogram ? new Histogram() : undefined;
  }

  add(values: ArrayLike<number>): void {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) {
        if (!Number.isNaN(value)) this.#infinite++;
        else this.#nan++;
        continue;
      }
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#count += values.length;
    if (min > max) return;
    if (min < this.#min) this.#min = min;
    if (max > this.#max) this.#max = max;
    this.#histogram?.add(values, Math.max(-min, max));
  }

  get observed(): Observed {
    const isEmpty = this.#min > this.#max;
    const min = isEmpty ? 0 : this.#min;
    const max = isEmpty ? 0 : this.#max;
    return {
      min,
      max,
      absMax: Math.max(-min, max),
      count: this.#count,
      nan: this.#nan,
      infinite: this.#infinite,
      ...(this.#histogram ? { histogram: this.#histogram } : {}),
    };
  }
}
