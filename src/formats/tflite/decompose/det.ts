// Det of small matrices by their minors. https://onnx.ai/onnx/operators/onnx__Det.html

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { formula, slice } from '../rewrite/formula.ts';

/** Minors of larger ones would be too many, and lose digits. */
const LARGEST = 3;

export default {
  opTypes: ['Det'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const shape = build.shape(x);
    const rank = shape.length;
    const size = shape[rank - 1];
    if (typeof size !== 'number' || rank < 2) return build.refuse('matrices of unknown size');
    if (size > LARGEST) return build.refuse(`matrices of ${size} × ${size}`);
    const cell = (row: number, column: number) =>
      slice(build, slice(build, x, rank - 2, row, row + 1), rank - 1, column, column + 1);
    const cells = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_, column) => cell(row, column)),
    );
    return [build.add('Squeeze', [determinant(build, cells), build.ints([rank - 2, rank - 1])])];
  },
} satisfies Rewrite;

function determinant(build: Build, [first = [], ...rest]: readonly (readonly string[])[]): string {
  const { plus, minus, times } = formula(build, 'float32');
  if (rest.length === 0) return first[0] ?? '';
  const products = first.map((cell, column) =>
    times(
      cell,
      determinant(
        build,
        rest.map((row) => row.toSpliced(column, 1)),
      ),
    ),
  );
  return products.reduce((sum, product, column) =>
    column % 2 === 0 ? plus(sum, product) : minus(sum, product),
  );
}
