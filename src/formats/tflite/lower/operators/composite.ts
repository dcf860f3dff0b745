// STABLEHLO_COMPOSITE: a named operation together with a subgraph that says what it computes.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['STABLEHLO_COMPOSITE'],
  subgraphs: (op) => [op.int('decompositionSubgraphIndex')],
  lower(op) {
    const inputs = Array.from({ length: op.inputCount }, (_, index) => op.stored(index));
    const results = op.call(op.int('decompositionSubgraphIndex'), inputs);
    results.forEach(({ value }, index) => {
      if (index < op.outputCount) op.giveStored(index, value);
    });
  },
} satisfies OperatorFamily;
