// ADD_N: the sum of any number of tensors of one shape.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['ADD_N'],
  lower(op) {
    const dtype = op.work(0);
    const inputs = Array.from({ length: op.inputCount }, (_, index) => op.as(index, dtype));
    const [first, ...rest] = inputs;
    // ONNX Sum is for floats.
    const sum = rest.reduce(
      (total, input) => op.emit('Add', [total, input]),
      first ?? op.fail('it has no inputs'),
    );
    op.give(0, sum, dtype);
  },
} satisfies OperatorFamily;
