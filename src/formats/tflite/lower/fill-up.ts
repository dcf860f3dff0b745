// A list of unknown length made as long as an interpreter makes it, with zeros at the end.

import { int } from '../../../graph/attribute.ts';
import type { DType } from '../../../graph/dtype.ts';
import type { Op } from './definition.ts';

/** Fills the first axis up to `length`, a value of the shape [1]. */
export function fillUp(op: Op, value: string, length: string, dtype: DType, suffix: string): string {
  const shape = op.emit('Shape', [value], {
    suffix: `${suffix}/length`,
    attributes: { start: int(0), end: int(1) },
  });
  const missing = op.emit('Sub', [length, shape], { suffix: `${suffix}/missing` });
  const none = op.ints(`${suffix}/none`, [0]);
  const pads = op.emit('Concat', [none, missing], { suffix: `${suffix}/pads`, attributes: { axis: int(0) } });
  const zero = op.numbers(`${suffix}/zero`, dtype, [0]);
  return op.emit('Pad', [value, pads, zero, op.ints(`${suffix}/axis`, [0])], { suffix });
}
