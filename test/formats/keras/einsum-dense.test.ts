import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { call } from './call.ts';
import { at, type Grid, grid } from './naive.ts';
import { expectClose, list } from './run.ts';

const asGrid = ({ dims, data }: Tensor): Grid => ({ dims, data: data as Float32Array });

/** Sums over every letter the output does not have. */
function einsum(equation: string, x: Grid, kernel: Grid): Grid {
  const [left = '', output = ''] = equation.split('->');
  const [a = '', b = ''] = left.split(',');
  const lengths = new Map<string, number>();
  [...a].forEach((letter, axis) => void lengths.set(letter, x.dims[axis] ?? 0));
  [...b].forEach((letter, axis) => void lengths.set(letter, kernel.dims[axis] ?? 0));
  const summed = [...lengths.keys()].filter((letter) => !output.includes(letter));
  return grid(
    [...output].map((letter) => lengths.get(letter) ?? 0),
    (...index) => {
      const place = new Map([...output].map((letter, axis) => [letter, index[axis] ?? 0]));
      const total = (rest: readonly string[]): number => {
        const [letter, ...others] = rest;
        const pick = (word: string) => [...word].map((one) => place.get(one) ?? 0);
        if (letter === undefined) return at(x, ...pick(a)) * at(kernel, ...pick(b));
        let sum = 0;
        for (let i = 0; i < (lengths.get(letter) ?? 0); i++) {
          place.set(letter, i);
          sum += total(others);
        }
        return sum;
      };
      return total(summed);
    },
  );
}

type Case = [
  equation: string,
  plain: string,
  input: number[],
  kernel: number[],
  output: unknown,
  bias: string | null,
  biasDims: number[],
  op: string,
];

describe('EinsumDense', () => {
  for (const [equation, plain, input, kernel, output, axes, biasDims, opType] of [
    ['ab,bc->ac', 'ab,bc->ac', [4], [4, 3], 3, 'c', [3], 'MatMul'],
    ['abc,cd->abd', 'abc,cd->abd', [3, 4], [4, 2], [null, 2], 'd', [2], 'MatMul'],
    ['...x,xy->...y', 'abx,xy->aby', [3, 4], [4, 2], 2, 'y', [2], 'MatMul'],
    ['abc,cde->abde', 'abc,cde->abde', [3, 4], [4, 2, 5], [null, 2, 5], 'de', [2, 5], 'MatMul'],
    ['abcd,cde->abe', 'abcd,cde->abe', [3, 2, 4], [2, 4, 5], [null, 5], 'e', [5], 'MatMul'],
    ['abc,bcd->abd', 'abc,bcd->abd', [3, 4], [3, 4, 2], [3, 2], 'bd', [3, 2], 'Einsum'],
    ['abc,bd->acd', 'abc,bd->acd', [3, 4], [3, 2], [4, 2], 'c', [4, 1], 'Einsum'],
    ['abc,cd->abd', 'abc,cd->abd', [3, 4], [4, 2], [null, 2], null, [], 'MatMul'],
  ] as Case[]) {
    it(`${equation}, bias ${axes} is one ${opType}`, async () => {
      const { fed, outputs, weights, model } = await call({
        className: 'EinsumDense',
        config: { equation, output_shape: output, bias_axes: axes, activation: 'relu' },
        inputs: [{ shape: input }],
        weights: [['kernel', kernel], ...(axes === null ? [] : [['bias', biasDims] as const])],
      });
      const product = einsum(plain, asGrid(fed[0] as Tensor), { dims: kernel, data: weights.kernel ?? [] });
      const bias = { dims: biasDims, data: weights.bias ?? [] };
      const expected = grid(product.dims, (...index) => {
        const own = index
          .slice(index.length - biasDims.length)
          .map((i, axis) => (biasDims[axis] === 1 ? 0 : i));
        return Math.max(at(product, ...index) + (axes === null ? 0 : at(bias, ...own)), 0);
      });
      expect(outputs[0]?.dims).toEqual(expected.dims);
      expectClose(list(outputs[0] as Tensor), expected.data);
      const ops = model.graph.nodes.map((node) => node.opType);
      expect(ops.filter((op) => op === 'MatMul' || op === 'Einsum')).toEqual([opType]);
    });
  }
});
