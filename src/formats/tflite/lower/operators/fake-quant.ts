// FAKE_QUANT: floats rounded to the steps a quantized tensor would have.
// https://www.tensorflow.org/api_docs/python/tf/quantization/fake_quant_with_min_max_args

import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['FAKE_QUANT'],
  problem: (op) => (op.float('max', 0) > op.float('min', 0) ? undefined : 'its range is empty'),
  lower(op) {
    const { scale, from, to } = range(op);
    const number = (name: string, value: number) => op.numbers(name, 'float32', [value]);
    const step = (suffix: string, opType: string, inputs: readonly string[]) =>
      op.emit(opType, inputs, { suffix });
    const clipped = step('clip', 'Clip', [op.real(0), number('min', from), number('max', to)]);
    const steps = step('steps', 'Mul', [
      step('shift', 'Sub', [clipped, number('from', from)]),
      number('inverse', 1 / scale),
    ]);
    // TensorFlow rounds halves up here.
    const whole = step('whole', 'Floor', [step('up', 'Add', [steps, number('half', 0.5)])]);
    op.give(
      0,
      op.emit('Add', [step('real', 'Mul', [whole, number('scale', scale)]), number('offset', from)]),
    );
  },
} satisfies OperatorFamily;

/** The range moved so that zero is one of the steps. */
function range(op: Op): { scale: number; from: number; to: number } {
  const [min, max] = [op.float('min'), op.float('max')];
  const least = op.flag('narrowRange') ? 1 : 0;
  const most = 2 ** op.int('numBits', 8) - 1;
  const scale = (max - min) / (most - least);
  const ideal = least - min / scale;
  const zeroPoint = Math.min(most, Math.max(least, Math.round(ideal)));
  return { scale, from: (least - zeroPoint) * scale, to: (most - zeroPoint) * scale };
}
