// IF: subgraphs of the file become the branches of ONNX's If.

import type { GraphOutput, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['IF'],
  takesLists: true,
  subgraphs: (op) => [op.int('thenSubgraphIndex'), op.int('elseSubgraphIndex')],
  lower(op) {
    const condition = op.emit('Reshape', [op.stored(0), op.ints('scalar', [])], { suffix: 'condition' });
    const inputs = Array.from({ length: op.inputCount - 1 }, (_, index) => op.held(index + 1));
    let results: readonly GraphOutput[] = [];
    // Branches take no inputs in ONNX: they see the values around them.
    const branch = (suffix: string, index: number) => {
      const value = op.graph(suffix, [], (inner) => {
        results = inner.call(index, inputs);
        return results;
      });
      return { type: 'graph', value } as const;
    };
    const outputs = op.emitAll('If', [condition], op.outputCount, {
      attributes: {
        then_branch: branch('then', op.int('thenSubgraphIndex')),
        else_branch: branch('else', op.int('elseSubgraphIndex')),
      },
    });
    outputs.forEach((stored, index) => {
      const { dtype, quantization, type } = op.output(index);
      const held = type === 'variant' ? (results[index]?.dtype ?? dtype) : dtype;
      op.giveSlot(index, { stored, dtype: held, quantization });
    });
  },
} satisfies OperatorFamily;
