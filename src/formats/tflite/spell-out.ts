// What TFLite says in several operators, in those, before anything is computed on whole numbers: so that each of them is
// given codes, and a scale that was seen.

import { copyModel } from '../../graph/copy-model.ts';
import type { Model } from '../../graph/model.ts';
import { inferTypes } from '../../ops/infer.ts';
import { isRounded } from '../../passes/quantize/exact.ts';
import { rewrites } from './decompose/index.ts';
import { Refusals } from './refusals.ts';
import { applyRewrites } from './rewrite/apply.ts';
import type { Rewrite } from './rewrite/definition.ts';

/** A copy that shares its tensors. What cannot be said is left as it is, for the writer to refuse. */
export function spellOut(model: Model): Model {
  const copy = copyModel(model);
  inferTypes(copy);
  applyRewrites(copy, [...rewrites.filter(({ isWholeInParts }) => isWholeInParts), product], new Refusals());
  return copy;
}

/** −x and x / c as products, which have kernels on whole numbers; the last digit may differ, which rounding would show. */
const product: Rewrite = {
  opTypes: ['Div', 'Neg'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    if (node.opType === 'Neg')
      return build.dtype(x) === 'float32' ? [build.add('Mul', [x, build.number(-1)])] : undefined;
    const divisor = build.tensor(1);
    if (divisor?.dtype !== 'float32' || isRounded(node.outputs[0] ?? '', build.rewriter)) return undefined;
    const inverse = (divisor.data as Float32Array).map((value) => 1 / value);
    const isNormal = inverse.every((value) => Math.abs(value) >= 2 ** -126 && Number.isFinite(value));
    return isNormal ? [build.add('Mul', [x, build.floats(divisor.dims, inverse)])] : undefined;
  },
};
