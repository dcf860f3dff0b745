// Einsum of one or two terms as sums, Transposes and one matrix product.
// https://onnx.ai/onnx/operators/onnx__Einsum.html
//
//   bqhd,bkhd->bhqk:   MatMul(x as [b, h, q, d], y as [b, h, d, k])
//
//   1. An ellipsis is written as letters, and a letter a term has twice is its diagonal.
//   2. Letters of one term that are not in the result are summed away in it.
//   3. Letters of both terms and the result count rows of matrices; letters of both alone are multiplied and summed;
//      the others are rows of the left matrix or columns of the right one. Several of a kind become one axis.

import type { Dim, Shape } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount } from '../rewrite/formula.ts';

type Term = { readonly value: string; readonly letters: readonly string[] };

export default {
  opTypes: ['Einsum'],
  isWholeInParts: true,
  rewrite(node, build) {
    const [left = '', right] = build.attribute('equation', '').replaceAll(' ', '').split('->');
    const given = left.split(',');
    if (given.length > 2 || given.length !== node.inputs.length)
      return build.refuse('it has more than two terms');
    const spelled = spellEllipsis(build, given, right);
    const diagonals = spelled.terms.map((term, index) =>
      diagonal(build, { value: build.input(index), letters: [...term] }, build.shape(build.input(index))),
    );
    const terms = diagonals.map(({ letters }) => letters.join(''));
    const all = spelled.terms.join('');
    const once = [...all].filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter));
    const result = [...(spelled.result ?? once.toSorted().join(''))];
    const lengths = readLengths(build, spelled.terms);
    const read = diagonals.map((term, index) => {
      const others = new Set([...result, ...(terms[1 - index] ?? '')]);
      return summed(build, term, others);
    });
    const [a, b] = read;
    if (a === undefined) return undefined;
    if (b === undefined) return [ordered(build, a, result).value];
    return [ordered(build, product(build, a, b, result, lengths), result).value];
  },
} satisfies Rewrite;

/** Letters nobody uses stand for the axes of an ellipsis, the last of each term for the last of the result. */
function spellEllipsis(
  build: Build,
  terms: readonly string[],
  result: string | undefined,
): { readonly terms: readonly string[]; readonly result: string | undefined } {
  const counts = terms.map((term, index) =>
    term.includes('...') ? build.shape(build.input(index)).length - (term.length - 3) : 0,
  );
  const most = Math.max(...counts);
  if (Math.min(...counts) < 0) return build.refuse('a term has more letters than its input has axes');
  const isUsed = (letter: string) => terms.some((term) => term.includes(letter));
  const free = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].filter(
    (letter) => !isUsed(letter),
  );
  const letters = free.slice(0, most);
  const written = terms.map((term, index) =>
    term.replace('...', letters.slice(most - (counts[index] ?? 0)).join('')),
  );
  if (result !== undefined) return { terms: written, result: result.replace('...', letters.join('')) };
  if (most === 0) return { terms: written, result: undefined };
  const named = [...written.join('')].filter(
    (letter, _, all) => !letters.includes(letter) && all.indexOf(letter) === all.lastIndexOf(letter),
  );
  return { terms: written, result: [...letters, ...named.toSorted()].join('') };
}

/** A letter that a term has twice is its diagonal: both axes become one, of which every (length + 1)th is taken. */
function diagonal(build: Build, { value, letters }: Term, shape: Shape): Term {
  const second = letters.findIndex((letter, axis) => letters.indexOf(letter) < axis);
  if (second < 0) return { value, letters };
  const letter = letters[second] ?? '';
  const first = letters.indexOf(letter);
  const length = shape[first];
  if (typeof length !== 'number' || shape[second] !== length)
    return build.refuse('a diagonal of axes of unknown or different length');
  const others = letters.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const moved = build.transpose(value, [...others, first, second]);
  const flat = build.reshape(moved, [...others.map(() => 0), length * length]);
  const places = Array.from({ length: boundedCount(build, [length]) }, (_, at) => at * (length + 1));
  const picked = build.add('Gather', [flat, build.ints(places)], { axis: others.length });
  const rest = { value: picked, letters: [...others.map((axis) => letters[axis] ?? ''), letter] };
  return diagonal(build, rest, [...others.map((axis) => shape[axis] ?? null), length]);
}

function readLengths(build: Build, terms: readonly string[]): Map<string, Dim> {
  const lengths = new Map<string, Dim>();
  for (const [index, term] of terms.entries()) {
    const shape = build.shape(build.input(index));
    for (const [axis, letter] of [...term].entries()) {
      const [dim = null, known = null] = [shape[axis], lengths.get(letter)];
      if (typeof dim === 'number' && typeof known === 'number' && dim !== known) {
        return build.refuse(`its axis ${letter} is ${known} and ${dim} long`);
      }
      lengths.set(letter, typeof known === 'number' ? known : dim);
    }
  }
  return lengths;
}

function summed(build: Build, { value, letters }: Term, kept: ReadonlySet<string>): Term {
  const axes = letters.flatMap((letter, axis) => (kept.has(letter) ? [] : [axis]));
  if (axes.length === 0) return { value, letters };
  const sum = build.add('ReduceSum', [value, build.ints(axes)], { keepdims: 0 });
  return { value: sum, letters: letters.filter((letter) => kept.has(letter)) };
}

function ordered(build: Build, { value, letters }: Term, wanted: readonly string[]): Term {
  const perm = wanted.map((letter) => letters.indexOf(letter));
  return { value: build.transpose(value, perm), letters: wanted };
}

function product(
  build: Build,
  a: Term,
  b: Term,
  result: readonly string[],
  lengths: ReadonlyMap<string, Dim>,
): Term {
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = result.filter((letter) => shared.includes(letter));
  const inner = shared.filter((letter) => !batch.includes(letter));
  const rows = result.filter((letter) => !shared.includes(letter) && a.letters.includes(letter));
  const columns = result.filter((letter) => !shared.includes(letter) && b.letters.includes(letter));
  /** Lengths as Reshape takes them: what counts the matrices stays, and one of the others may be open. */
  const dims = (...groups: readonly (readonly string[])[]) => {
    const sizes = groups.map((group) => group.map((letter) => lengths.get(letter) ?? null));
    const products = sizes.map((group) =>
      group.every((dim) => typeof dim === 'number')
        ? group.reduce<number>((n, dim) => n * Number(dim), 1)
        : -1,
    );
    if (products.filter((size) => size === -1).length > 1)
      return build.refuse('more than one of its lengths is open');
    return [...batch.map(() => 0), ...products];
  };
  const matrix = (term: Term, first: readonly string[], second: readonly string[]) => {
    const { value } = ordered(build, term, [...batch, ...first, ...second]);
    return first.length === 1 && second.length === 1 ? value : build.reshape(value, dims(first, second));
  };
  const made = build.add('MatMul', [matrix(a, rows, inner), matrix(b, inner, columns)]);
  const letters = [...batch, ...rows, ...columns];
  if (rows.length === 1 && columns.length === 1) return { value: made, letters };
  return { value: build.reshape(made, dims(...[...rows, ...columns].map((letter) => [letter]))), letters };
}
