// ONE_HOT: an axis with one entry per class. Indices outside are off everywhere, unlike in ONNX, where they count from the end.

import type { OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['ONE_HOT'],
  lower(op) {
    const rank = op.input(0).shape.length + 1;
    const axis = op.axis(op.int('axis', -1), rank);
    const dtype = op.work(2);
    const number = (name: string, value: number) => op.numbers(name, 'int64', [value]);
    const depth = op.emit('Reshape', [op.as(1, 'int64'), op.ints('scalar', [])], { suffix: 'depth' });
    const classes = op.emit('Range', [number('first', 0), depth, number('step', 1)], { suffix: 'classes' });
    const column = Array.from({ length: rank }, (_, at) => (at === axis ? -1 : 1));
    const aligned = op.emit('Reshape', [classes, op.ints('column', column)], { suffix: 'aligned' });
    const indices = op.emit('Unsqueeze', [op.as(0, 'int64'), op.ints('axis', [axis])], { suffix: 'indices' });
    const isHot = op.emit('Equal', [indices, aligned], { suffix: 'hot' });
    const isBool = dtype === 'bool';
    const [on, off] = isBool ? [op.as(2, 'int32'), op.as(3, 'int32')] : [op.as(2, dtype), op.as(3, dtype)];
    op.give(0, op.emit('Where', [isHot, on, off]), isBool ? 'int32' : dtype);
  },
} satisfies OperatorFamily;
