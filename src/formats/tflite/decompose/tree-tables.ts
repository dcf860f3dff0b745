// Decision trees as tables: one row for each leaf, then one for each question, whichever operator states them.
// https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html, …TreeEnsemble

import type { Build } from '../rewrite/build.ts';

/** Questions are asked one level at a time. */
const MOST_LEVELS = 64;
const MOST_ROWS = 4_000_000;

/** What is asked at a row: is the feature at most `value`? Rows of leaves lead to themselves. */
export type Question = {
  readonly feature: number;
  readonly value: number;
  readonly kind: 'at most' | 'below' | 'equal';
  /** Rows to go to. */
  readonly yes: number;
  readonly no: number;
  /** Whether a value that is missing (NaN) counts as yes. */
  readonly missing: boolean;
};

export type Trees = {
  readonly rows: readonly Question[];
  /** The rows that leaves have come first, in the order of `weights`. */
  readonly leaves: number;
  readonly roots: readonly number[];
  /** Most questions from a root to a leaf. */
  readonly levels: number;
};

export type Mode = 'LEQ' | 'LT' | 'GTE' | 'GT' | 'EQ' | 'NEQ';

/** ONNX asks in six ways; three are enough, with the answers exchanged. */
export function question(
  mode: Mode,
  feature: number,
  value: number,
  [yes, no]: readonly [number, number],
  isTracked: boolean,
): Question {
  const kind =
    mode === 'LEQ' || mode === 'GT' ? 'at most' : mode === 'LT' || mode === 'GTE' ? 'below' : 'equal';
  const isTurned = mode === 'GT' || mode === 'GTE' || mode === 'NEQ';
  // Nothing compares with NaN, except that it is unequal.
  const missing = mode === 'NEQ' ? false : isTurned !== isTracked;
  return isTurned
    ? { feature, value, kind, yes: no, no: yes, missing }
    : { feature, value, kind, yes, no, missing };
}

export function leaf(row: number): Question {
  return { feature: 0, value: 0, kind: 'at most', yes: row, no: row, missing: false };
}

/** Checks that every row leads to a leaf, and counts the questions on the way. */
export function trees(
  build: Build,
  rows: readonly Question[],
  leaves: number,
  roots: readonly number[],
): Trees {
  if (rows.length > MOST_ROWS) return build.refuse(`${rows.length} nodes`);
  if (roots.length === 0) return build.refuse('it has no trees');
  const columns = build.shape(build.input(0)).at(-1);
  const known = new Int32Array(rows.length).fill(-1);
  known.fill(0, 0, leaves);
  const isOpen = new Uint8Array(rows.length);
  let levels = 1;
  for (const root of roots) {
    const path = [root];
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const row = rows[at];
      if (row === undefined) return build.refuse('it names a node that it does not have');
      if ((known[at] ?? -1) >= 0) {
        path.pop();
        continue;
      }
      const isNumber = typeof columns !== 'number' || row.feature < columns;
      if (row.feature < 0 || !isNumber)
        return build.refuse(`it asks for column ${row.feature} of ${columns}`);
      const next = [row.yes, row.no].filter((each) => (known[each] ?? -1) < 0);
      if (next.length > 0 && isOpen[at] === 1) return build.refuse('a tree that leads back into itself');
      isOpen[at] = 1;
      if (next.length > 0) path.push(...next);
      else {
        known[at] = 1 + Math.max(known[row.yes] ?? 0, known[row.no] ?? 0);
        path.pop();
      }
    }
    levels = Math.max(levels, known[root] ?? 0);
  }
  if (levels > MOST_LEVELS) return build.refuse(`trees of ${levels} levels`);
  return { rows, leaves, roots, levels };
}
