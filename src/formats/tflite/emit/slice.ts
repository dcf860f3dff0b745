// Slice → SLICE or STRIDED_SLICE; backwards by REVERSE_V2 first.
// https://onnx.ai/onnx/operators/onnx__Slice.html

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';

const FAR = 2 ** 31 - 1;

export default {
  opTypes: ['Slice'],
  emit(node, emission) {
    const [x = '', starts = '', ends = '', axesGiven = '', stepsGiven = ''] = node.inputs;
    const shape = emission.shape(x);
    const [from, to] = [emission.ints(starts), emission.ints(ends)];
    const count = from?.length ?? emission.shape(starts)[0];
    if (typeof count !== 'number') return emission.refuse('how many axes it cuts is not known');
    const axes = (
      axesGiven === '' ? Array.from({ length: count }, (_, axis) => axis) : emission.ints(axesGiven)
    )?.map((axis) => emission.axis(axis, shape.length));
    const steps = stepsGiven === '' ? new Array<number>(count).fill(1) : emission.ints(stepsGiven);
    if (axes === undefined || steps === undefined)
      return emission.refuse('its axes or steps are not constant');
    if (from === undefined || to === undefined) return dynamic(node, emission, axes, steps);
    const begin = shape.map(() => 0);
    const end = shape.map((dim) => (typeof dim === 'number' ? dim : 0));
    const stride = shape.map(() => 1);
    let endMask = shape.reduce<number>(
      (mask, dim, axis) => (typeof dim === 'number' ? mask : mask | (1 << axis)),
      0,
    );
    let beginMask = 0;
    for (const [index, axis] of axes.entries()) {
      const dim = shape[axis];
      const step = steps[index] ?? 1;
      const [start = 0, stop = 0] = [from[index], to[index]];
      stride[axis] = step;
      endMask &= ~(1 << axis);
      if (typeof dim === 'number') {
        const clamp = (at: number, low: number, high: number) =>
          Math.min(Math.max(at < 0 ? at + dim : at, low), high);
        if (step > 0) {
          begin[axis] = clamp(start, 0, dim);
          end[axis] = clamp(stop, 0, dim);
          if (end[axis] === dim) endMask |= 0;
        } else {
          begin[axis] = clamp(start, -1, dim - 1);
          const last = clamp(stop, -1, dim - 1);
          if ((begin[axis] ?? 0) < 0) return emission.refuse('it takes nothing');
          // −1 means the last element to TFLite: going past the first one is said by the mask.
          if (last < 0) endMask |= 1 << axis;
          else end[axis] = last;
        }
      } else if (step > 0) {
        if (Math.abs(start) >= FAR || Math.abs(stop) >= FAR) {
          if (stop >= FAR) endMask |= 1 << axis;
          else return emission.refuse('it cuts an axis of unknown length far outside');
        }
        begin[axis] = start;
        end[axis] = stop >= FAR ? 0 : stop;
      } else {
        if (start >= FAR || start === -1) beginMask |= 1 << axis;
        else begin[axis] = start;
        if (stop <= -FAR) endMask |= 1 << axis;
        else end[axis] = stop;
      }
    }
    const inputs = [begin, end, stride].map((list) => emission.int32(list));
    emission.give('STRIDED_SLICE', [emission.in(x), ...inputs], node, { beginMask, endMask });
  },
} satisfies Emitter;

/** Starts and ends known only when the model runs, forwards: STRIDED_SLICE clamps them as ONNX does. */
function dynamic(
  node: Node,
  emission: Emission,
  axes: readonly number[],
  steps: readonly number[],
): undefined {
  const [x = '', starts = '', ends = ''] = node.inputs;
  const rank = emission.rank(x);
  const pick = (value: string, fill: number) => {
    const given = emission.asInt32(value);
    const isAll = axes.length === rank && axes.every((axis, index) => axis === index);
    if (isAll) return given;
    const parts = Array.from({ length: rank }, (_, axis) => {
      const index = axes.indexOf(axis);
      if (index < 0) return emission.int32([fill]);
      if (axes.length === 1) return given;
      return emission.make('SLICE', [given, emission.int32([index]), emission.int32([1])], {
        dtype: 'int32',
        shape: [1],
      });
    });
    const options = { axis: 0 };
    return parts.length === 1
      ? given
      : emission.make('CONCATENATION', parts, { dtype: 'int32', shape: [rank] }, options);
  };
  const stride = Array.from({ length: rank }, (_, axis) => {
    const index = axes.indexOf(axis);
    return index < 0 ? 1 : (steps[index] ?? 1);
  });
  let endMask = 0;
  for (let axis = 0; axis < rank; axis++) if (!axes.includes(axis)) endMask |= 1 << axis;
  emission.give(
    'STRIDED_SLICE',
    [emission.in(x), pick(starts, 0), pick(ends, 0), emission.int32(stride)],
    node,
    { endMask },
  );
}
