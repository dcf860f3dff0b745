// ATAN2(y, x): the angle of the point (x, y), from the arc tangent of y / x and the half plane it lies in.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['ATAN2'],
  lower(op) {
    const dtype = op.work(0);
    const [y, x] = [op.as(0, dtype), op.as(1, dtype)];
    const number = (name: string, value: number) => op.numbers(name, dtype, [value]);
    const zero = number('zero', 0);
    const step = (suffix: string, opType: string, inputs: readonly string[]) =>
      op.emit(opType, inputs, { suffix });
    const angle = step('angle', 'Atan', [step('ratio', 'Div', [y, x])]);
    const isLower = step('lower', 'Less', [y, zero]);
    const halfTurn = step('half_turn', 'Where', [
      isLower,
      number('minus_pi', -Math.PI),
      number('pi', Math.PI),
    ]);
    const isLeft = step('left', 'Less', [x, zero]);
    const turned = step('turned', 'Where', [isLeft, step('over', 'Add', [angle, halfTurn]), angle]);
    // 0 / 0 has no value, and the point itself no direction.
    const isNothing = step('nothing', 'And', [
      step('no_x', 'Equal', [x, zero]),
      step('no_y', 'Equal', [y, zero]),
    ]);
    op.give(0, op.emit('Where', [isNothing, zero, turned]), dtype);
  },
} satisfies OperatorFamily;
