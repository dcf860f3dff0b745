// What TFLite says in several operators, in those, before anything is computed on whole numbers: so that each of them is
// given codes, and a scale that was seen.

import { copyModel } from '../../graph/copy-model.ts';
import type { Model } from '../../graph/model.ts';
import { inferTypes } from '../../ops/infer.ts';
import { rewrites } from './decompose/index.ts';
import { Refusals } from './refusals.ts';
import { applyRewrites } from './rewrite/apply.ts';

/** A copy that shares its tensors. What cannot be said is left as it is, for the writer to refuse. */
export function spellOut(model: Model): Model {
  const copy = copyModel(model);
  inferTypes(copy);
  applyRewrites(
    copy,
    rewrites.filter(({ isWholeInParts }) => isWholeInParts),
    new Refusals(),
  );
  return copy;
}
