// https://onnx.ai/onnx/operators/onnx__Gather.html
// Opsets: 1, 11, 13.

import { int } from '../graph/attribute.ts';
import { axisIn } from './axes.ts';
import type { OpFamily } from './definition.ts';
import { axesFromFront } from './restate.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Gather: { since: 1, inputs: [2, 2], outputs: [1, 1], attributes: { axis: int(0) } },
  },
  infer(context) {
    const data = context.shape(0);
    const indices = context.shape(1);
    const picks = context.integers(1);
    const values = context.integers(0);
    if (values !== undefined && picks !== undefined && data?.length === 1) {
      context.setIntegers(
        picks.map((pick) =>
          typeof pick === 'number' ? (values[pick < 0 ? pick + values.length : pick] ?? null) : null,
        ),
      );
    }
    if (data === undefined || indices === undefined) return [tensorOf(context.dtype(0), undefined)];
    const at = axisIn(context, context.int('axis'), data.length);
    const dim = data[at];
    for (const pick of picks ?? []) {
      if (typeof pick === 'number' && typeof dim === 'number' && (pick < -dim || pick >= dim)) {
        context.fail(`index ${pick} is outside an axis of ${dim}`);
      }
    }
    return [tensorOf(context.dtype(0), [...data.slice(0, at), ...indices, ...data.slice(at + 1)])];
  },
  downgrades: [{ from: 11, opTypes: ['Gather'], rewrite: axesFromFront }],
} satisfies OpFamily;
