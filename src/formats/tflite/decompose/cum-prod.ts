// CumProd by doubling: after k steps every element is the product of the last 2^k.
// https://onnx.ai/onnx/operators/onnx__CumProd.html

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { formula, slice } from '../rewrite/formula.ts';

export default {
  opTypes: ['CumProd'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const shape = build.shape(x);
    const given = build.integers(1)?.[0] ?? build.refuse('an axis that is not constant');
    const axis = build.axis(given, shape.length);
    const length = shape[axis];
    if (typeof length !== 'number') return build.refuse('an axis of unknown length');
    const { times } = formula(build, build.dtype(x));
    let value = build.attribute('exclusive', 0) === 1 ? shifted(build, x, axis, length, 1) : x;
    for (let step = 1; step < length; step *= 2) {
      value = times(value, shifted(build, value, axis, length, step));
    }
    return [value];
  },
} satisfies Rewrite;

/** Each element `step` places on, against the direction of the products; ones where there is none. */
function shifted(build: Build, x: string, axis: number, length: number, step: number): string {
  const rank = build.shape(build.input(0)).length;
  const isReverse = build.attribute('reverse', 0) === 1;
  const kept = isReverse ? slice(build, x, axis, step, length) : slice(build, x, axis, 0, length - step);
  const pads = new Array<number>(2 * rank).fill(0);
  pads[isReverse ? rank + axis : axis] = step;
  return build.add('Pad', [kept, build.ints(pads), build.number(1)]);
}
