// The layout pass: moves Transposes through the operators that do not mind and lets them meet and cancel.
//
// Given:   Transpose → Relu → Add(…, Transpose) → Transpose          Result:  Relu → Add
//
//   1. From each Transpose a region is grown, on either side, of operators that could as well work on values held in the
//      order of axes on the Transpose's other side (layout/movers.ts says which can, and how their numbers change).
//   2. Where the region ends, values meet operators that need them as they are. Which nodes of the region change over
//      is chosen so that the Transposes needed there cost least: a minimum cut (layout/region.ts).
//   3. The region is rewritten when that is fewer than there are now. Constants are rearranged, never transposed.
//
// Every rewrite lowers the number of Transposes (or moves one to an input or output of the graph), so it ends.

import type { Pass } from './definition.ts';
import { moverOf } from './layout/movers.ts';
import { pushAll } from './layout/push.ts';
import { rewriteGraphs } from './scopes.ts';

export default {
  name: 'push-transposes',
  run(model) {
    return { modified: rewriteGraphs(model, (rewriter) => pushAll(rewriter, moverOf)) };
  },
} satisfies Pass;
