// All trees walked at once, a level at a time: which leaf each tree comes to for each row of numbers.
//
//   row  = where(x[feature[row]] ≤ value[row], yes[row], no[row])
//
// Nothing is computed that could round: the leaves are those the trees say.

import type { Build } from '../rewrite/build.ts';
import type { Question, Trees } from './tree-tables.ts';

/** The leaves as int32 [rows of x, trees]. */
export function walk(build: Build, x: string, { rows, roots, levels }: Trees): string {
  const how = compares(rows);
  const tables = new Map<string, string>();
  const column = <T extends Int32Array | Float32Array | Uint8Array>(
    name: string,
    dtype: 'int32' | 'float32' | 'bool',
    make: (list: readonly Question[]) => T,
  ) => ({
    first: () =>
      build.constant(
        { dtype, dims: [1, roots.length], data: make(roots.map((root) => rows[root] as Question)) },
        name,
      ),
    at(places: string): string {
      const held = tables.get(name) ?? build.constant({ dtype, dims: [rows.length], data: make(rows) }, name);
      tables.set(name, held);
      return build.pick(held, places);
    },
  });
  const feature = column('features', 'int32', (list) => Int32Array.from(list, (row) => row.feature));
  const value = column('values', 'float32', (list) => Float32Array.from(list, how.value));
  const yes = column('yes', 'int32', (list) => Int32Array.from(list, (row) => row.yes));
  const no = column('no', 'int32', (list) => Int32Array.from(list, (row) => row.no));
  const missing = column('missing', 'bool', (list) => Uint8Array.from(list, (row) => Number(row.missing)));
  const equal = column('equal', 'bool', (list) =>
    Uint8Array.from(list, (row) => Number(row.kind === 'equal')),
  );

  let places = '';
  for (let level = 0; level < levels; level++) {
    const read = (table: typeof feature) => (level === 0 ? table.first() : table.at(places));
    const seen =
      level === 0
        ? build.pick(
            x,
            build.constant(
              {
                dtype: 'int32',
                dims: [roots.length],
                data: Int32Array.from(roots, (root) => rows[root]?.feature ?? 0),
              },
              'features',
            ),
            1,
          )
        : build.pickWithin(x, feature.at(places));
    const limit = read(value);
    const [then, otherwise] = [read(yes), read(no)];
    if (how.opposite !== undefined) {
      places = build.add('Where', [build.add(how.opposite, [seen, limit]), otherwise, then]);
      continue;
    }
    let answer = build.add(how.opType, [seen, limit]);
    if (how.isMixed) answer = build.add('Where', [read(equal), build.add('Equal', [seen, limit]), answer]);
    if (how.hasMissing) {
      const isMissing = build.add('And', [build.add('IsNaN', [seen]), read(missing)]);
      answer = build.add('Or', [answer, isMissing]);
    }
    places = build.add('Where', [answer, then, otherwise]);
  }
  return places;
}

type How = {
  readonly opType: string;
  /** Asks the contrary, which is what NaN is not either. */
  readonly opposite?: string;
  readonly value: (row: Question) => number;
  readonly isMixed: boolean;
  readonly hasMissing: boolean;
};

/** One comparison for all questions, where there is one. */
function compares(rows: readonly Question[]): How {
  const asked = rows.filter(({ yes, no }) => yes !== no);
  const kinds = new Set(asked.map(({ kind }) => kind));
  const isMissing = asked.filter(({ missing }) => missing).length;
  const isMixed = kinds.size > 1 && kinds.has('equal');
  const kind = kinds.size === 1 ? [...kinds][0] : 'at most';
  const opType = kind === 'equal' ? 'Equal' : kind === 'below' ? 'Less' : 'LessOrEqual';
  const isAlways = isMissing > 0 && isMissing === asked.length && kind !== 'equal' && !isMixed;
  return {
    opType,
    ...(isAlways ? { opposite: kind === 'below' ? 'GreaterOrEqual' : 'Greater' } : {}),
    // Below a number is at most the one before it.
    value: (row) => (row.kind === 'below' && kind !== 'below' ? numberBefore(row.value) : row.value),
    isMixed,
    hasMissing: isMissing > 0,
  };
}

/** The next smaller float32. */
function numberBefore(value: number): number {
  const given = Float32Array.of(value);
  const [number = 0] = given;
  if (Number.isNaN(number) || number === Number.NEGATIVE_INFINITY) return Number.NaN;
  if (number === 0) return -(2 ** -149);
  const bits = new Int32Array(given.buffer);
  bits[0] = (bits[0] ?? 0) + (number > 0 ? -1 : 1);
  return given[0] ?? number;
}
