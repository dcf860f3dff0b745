// Scale and zero point of every value that gets codes, one for all values that must have the same.

import type { Rewriter } from '../uses.ts';
import { type Affine, affineOf, type Codes, rangeOf } from './affine.ts';
import type { Range } from './calibration/definition.ts';

type Group = { min: number; max: number; fixed: Affine | undefined };

export class SharedScales {
  readonly #rewriter: Rewriter;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #codes: Codes;
  readonly #parents = new Map<string, string>();
  readonly #groups = new Map<string, Group>();
  readonly #made = new Map<string, Affine>();

  constructor(rewriter: Rewriter, ranges: ReadonlyMap<string, Range>, codes: Codes) {
    this.#rewriter = rewriter;
    this.#ranges = ranges;
    this.#codes = codes;
  }

  /** States scale and zero point of a value and of all that share with it. */
  fix(value: string, affine: Affine): void {
    this.#group(value).fixed = affine;
  }

  isFixed(value: string): boolean {
    return this.#group(value).fixed !== undefined;
  }

  /** Both values have one scale and zero point, which holds the range of either. */
  join(a: string, b: string): void {
    const [left, right] = [this.#group(a), this.#group(b)];
    if (left === right) return;
    this.#parents.set(this.#find(b), this.#find(a));
    left.min = Math.min(left.min, right.min);
    left.max = Math.max(left.max, right.max);
    left.fixed ??= right.fixed;
  }

  /** The value's codes have to hold this range, too. */
  widen(value: string, { min, max }: Range): void {
    const group = this.#group(value);
    group.min = Math.min(group.min, min);
    group.max = Math.max(group.max, max);
  }

  /** Asked when everything is joined. */
  affine(value: string): Affine {
    const root = this.#find(value);
    const made = this.#made.get(root) ?? this.#group(root).fixed ?? affineOf(this.#group(root), this.#codes);
    this.#made.set(root, made);
    return made;
  }

  #group(value: string): Group {
    const root = this.#find(value);
    const known = this.#groups.get(root);
    if (known) return known;
    const constant = this.#rewriter.constant(root);
    const range = constant ? rangeOf(constant) : (this.#ranges.get(root) ?? { min: 0, max: 0 });
    const made = { ...range, fixed: undefined };
    this.#groups.set(root, made);
    return made;
  }

  #find(value: string): string {
    let root = value;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root)) root = up;
    // Shorter next time.
    for (let at = value; at !== root; ) {
      const up = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = up;
    }
    return root;
  }
}
