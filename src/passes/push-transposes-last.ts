// The layout pass (push-transposes.ts) for a format that keeps channels last: products of the last axis stay what they are
// there, and only a format that puts channels first has a Conv for them.

import type { Pass } from './definition.ts';
import { moverKeepingProducts } from './layout/movers.ts';
import { pushAll } from './layout/push.ts';
import { rewriteGraphs } from './scopes.ts';

export default {
  name: 'push-transposes-last',
  run(model) {
    return { modified: rewriteGraphs(model, (rewriter) => pushAll(rewriter, moverKeepingProducts)) };
  },
} satisfies Pass;
