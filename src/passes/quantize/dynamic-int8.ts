// `--dtype dynamic-int8`: weights of products and rows of tables as whole numbers of 8 bits; activations stay float32, so
// nothing has to be known about them. Runtimes with such kernels (TFLite) quantize activations as they come.

import type { Model } from '../../graph/model.ts';
import { rewriteGraphs } from '../scopes.ts';
import type { Kept, Precision, PrecisionReport, PrecisionSettings } from './definition.ts';
import { dropUnread } from './unread.ts';
import { quantizeWeightsOnly } from './weights-only.ts';

export default {
  name: 'dynamic-int8',
  summary: 'weights of 8 bits: a quarter of the size, no data needed',
  ranges: 'none',
  // A weight moves by 1/254 of the largest of its channel; over a network that stays well below a tenth.
  tolerance: 0.1,
  isRepaired: true,
  holdsCodes: true,
  rewrite,
} satisfies Precision;

function rewrite(model: Model, { keep }: PrecisionSettings): PrecisionReport {
  const changed: string[] = [];
  const kept: Kept[] = [];
  rewriteGraphs(model, (rewriter) => {
    const found = quantizeWeightsOnly(rewriter, keep);
    changed.push(...found.changed);
    kept.push(...found.kept);
    return found.changed.length;
  });
  dropUnread(model);
  return { changed, kept };
}
