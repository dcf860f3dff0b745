// Einsum of one or two terms as sums, Transposes and one matrix product.
// https://onnx.ai/onnx/operators/onnx__Einsum.html
//
//   bqhd,bkhd->bhqk:   MatMul(x as [b, h, q, d], y as [b, h, d, k])
//
//   1. Letters of one term that are not in the result are summed away in it.
//   2. Letters of both terms and the result count rows of matrices; letters of both alone are multiplied and summed;
//      the others are rows of the left matrix or columns of the right one. Several of a kind become one axis.

import type { Dim } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';

type Term = { readonly value: string; readonly letters: readonly string[] };

export default {
  opTypes: ['Einsum'],
  rewrite(node, build) {
    const [left = '', right] = build.attribute('equation', '').replaceAll(' ', '').split('->');
    const terms = left.split(',');
    if (terms.length > 2 || terms.length !== node.inputs.length)
      return build.refuse('it has more than two terms');
    const isPlain = [...terms, right ?? ''].every(
      (term) => !term.includes('.') && new Set(term).size === term.length,
    );
    if (!isPlain) return build.refuse('its equation repeats a letter within a term, or has an ellipsis');
    const all = terms.join('');
    const once = [...all].filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter));
    const result = right === undefined ? once.toSorted() : [...right];
    const lengths = readLengths(build, terms);
    const read = terms.map((term, index) => {
      const others = new Set([...result, ...(terms[1 - index] ?? '')]);
      return summed(build, { value: node.inputs[index] ?? '', letters: [...term] }, others);
    });
    const [a, b] = read;
    if (a === undefined) return undefined;
    if (b === undefined) return [ordered(build, a, result).value];
    return [ordered(build, product(build, a, b, result, lengths), result).value];
  },
} satisfies Rewrite;

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
