// The layout pass once more, now also through convolutions of kernel size one, which become matrix products where that
// takes away Transposes: the feed-forward part of a Transformer spelled as Conv1D.
//
// Given:   Transpose → Conv(w [F, C, 1]) → Relu → Conv(v) → Transpose      Result:  MatMul → Add → Relu → MatMul → Add
//
// After push-transposes has done what it can, since a Conv is the better form wherever no Transpose stands beside it.

import type { Pass } from './definition.ts';
import { moverOrMatMul } from './layout/movers.ts';
import { pushAll } from './layout/push.ts';
import { rewriteGraphs } from './scopes.ts';

export default {
  name: 'conv-to-matmul',
  run(model) {
    return { modified: rewriteGraphs(model, (rewriter) => pushAll(rewriter, moverOrMatMul)) };
  },
} satisfies Pass;
