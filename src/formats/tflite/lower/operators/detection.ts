// TFLite_Detection_PostProcess: boxes decoded from anchors, then suppressed where they overlap a better one.
// https://github.com/tensorflow/models/tree/master/research/object_detection (FasterRcnnBoxCoder)

import { int } from '../../../../graph/attribute.ts';
import type { Op, OperatorFamily, OperatorView } from '../definition.ts';
import { fillUp } from '../fill-up.ts';
import { readFlexMap } from '../flexbuffer.ts';

type Options = ReturnType<typeof readOptions>;

export default {
  opcodes: ['CUSTOM:TFLite_Detection_PostProcess'],
  problem: (op) => {
    const { perBox, classes } = readOptions(op);
    return perBox > classes ? `it gives ${perBox} classes per box of ${classes}` : undefined;
  },
  lower(op) {
    const options = readOptions(op);
    const boxes = decode(op, options);
    const all = op.emit('Squeeze', [op.real(1), op.ints('first', [0])], { suffix: 'predictions' });
    const labels = Number(op.input(1).shape.at(-1));
    // A background class may come first.
    const offset = op.ints('background', [labels - options.classes]);
    const scores = op.emit('Slice', [all, offset, op.ints('end', [labels]), op.ints('classes', [1])], {
      suffix: 'scores',
    });
    if (options.isRegular) regular(op, options, boxes, scores);
    else fast(op, options, boxes, scores);
  },
} satisfies OperatorFamily;

function readOptions(op: OperatorView) {
  const map = readFlexMap(op.customOptions, op.fail);
  const number = (name: string, fallback?: number): number => {
    const value = map.get(name) ?? fallback;
    return typeof value === 'number' ? value : op.fail(`it has no option ${name}`);
  };
  const count = (name: string, fallback?: number): number => {
    const value = number(name, fallback);
    return Number.isInteger(value) && value >= 1 && value < 2 ** 24
      ? value
      : op.fail(`its option ${name} is ${value}`);
  };
  return {
    most: count('max_detections'),
    perBox: count('max_classes_per_detection', 1),
    perClass: count('detections_per_class', 100),
    classes: count('num_classes'),
    isRegular: map.get('use_regular_nms') === true,
    overlap: number('nms_iou_threshold'),
    threshold: number('nms_score_threshold'),
    scales: ['y_scale', 'x_scale', 'h_scale', 'w_scale'].map((name) => number(name)),
  };
}

/** Encodings and anchors are (y, x, height, width); the result is (top, left, bottom, right). */
function decode(op: Op, { scales }: Options): string {
  const emit = (suffix: string, opType: string, inputs: readonly string[]) =>
    op.emit(opType, inputs, { suffix });
  const encodings = emit('encodings', 'Squeeze', [op.real(0), op.ints('batch', [0])]);
  const axis = op.ints('coordinates', [1]);
  const pair = (value: string, from: number, suffix: string) =>
    emit(suffix, 'Slice', [
      value,
      op.ints(`${suffix}/from`, [from]),
      op.ints(`${suffix}/to`, [from + 2]),
      axis,
    ]);
  const [place, size] = [pair(op.real(2), 0, 'anchor_place'), pair(op.real(2), 2, 'anchor_size')];
  const scaled = (from: number, suffix: string) =>
    emit(suffix, 'Div', [
      pair(encodings, from, `${suffix}/raw`),
      op.numbers(`${suffix}/scale`, 'float32', scales.slice(from, from + 2), [2]),
    ]);
  const center = emit('center', 'Add', [emit('shift', 'Mul', [scaled(0, 'offset'), size]), place]);
  const grown = emit('grown', 'Mul', [emit('growth', 'Exp', [scaled(2, 'extent')]), size]);
  const half = emit('half', 'Mul', [grown, op.numbers('one_half', 'float32', [0.5])]);
  return op.emit('Concat', [emit('low', 'Sub', [center, half]), emit('high', 'Add', [center, half])], {
    suffix: 'decoded',
    attributes: { axis: int(1) },
  });
}

/** [count, 3] of (batch, class, box) for scores [classes, boxes]. */
function suppress(
  op: Op,
  { overlap, threshold }: Options,
  boxes: string,
  scores: string,
  most: number,
): string {
  const batch = op.ints('batch_axis', [0]);
  return op.emit(
    'NonMaxSuppression',
    [
      op.emit('Unsqueeze', [boxes, batch], { suffix: 'boxes' }),
      op.emit('Unsqueeze', [scores, batch], { suffix: 'class_scores' }),
      op.ints('most', [most]),
      op.numbers('overlap', 'float32', [overlap], [1]),
      // ONNX wants scores above the threshold, TFLite takes those on it as well.
      op.numbers('threshold', 'float32', [below(threshold)], [1]),
    ],
    { suffix: 'suppressed' },
  );
}

function below(value: number): number {
  const float = Math.fround(value);
  return float - Math.max(Math.abs(float) * 2 ** -23, 2 ** -126);
}

const column = (op: Op, found: string, index: number, suffix: string) =>
  op.emit('Gather', [found, op.numbers(`${suffix}/column`, 'int64', [index])], {
    suffix,
    attributes: { axis: int(1) },
  });

const rowsOf = (op: Op, value: string, rows: string, suffix: string) =>
  op.emit('Gather', [value, rows], { suffix, attributes: { axis: int(0) } });

/** One suppression by the best class of each box; the best classes of those left. */
function fast(op: Op, options: Options, boxes: string, scores: string): void {
  const { most, perBox } = options;
  const best = op.emit('ReduceMax', [scores, op.ints('class_axis', [1])], {
    suffix: 'best',
    attributes: { keepdims: int(0) },
  });
  const row = op.emit('Unsqueeze', [best, op.ints('one_class', [0])], { suffix: 'best_row' });
  const selected = column(op, suppress(op, options, boxes, row, most), 2, 'selected');
  const [values = '', classes = ''] = op.emitAll(
    'TopK',
    [rowsOf(op, scores, selected, 'selected_scores'), op.ints('k', [perBox])],
    2,
    {
      suffix: 'top',
    },
  );
  const repeated = op.emit('Expand', [
    op.emit('Unsqueeze', [rowsOf(op, boxes, selected, 'selected_boxes'), op.ints('repeat', [1])], {
      suffix: 'one_box',
    }),
    op.ints('copies', [1, perBox, 4]),
  ]);
  const flat = (value: string, suffix: string, dims: readonly number[]) =>
    op.emit('Reshape', [value, op.ints(`${suffix}/dims`, dims)], { suffix });
  const count = op.emit('Size', [selected], { suffix: 'count' });
  give(
    op,
    most * perBox,
    flat(repeated, 'flat_boxes', [-1, 4]),
    flat(classes, 'flat_classes', [-1]),
    flat(values, 'flat_scores', [-1]),
    count,
  );
}

/** A suppression per class; the best of all that are left. */
function regular(op: Op, options: Options, boxes: string, scores: string): void {
  const { most, perClass } = options;
  const byClass = op.emit('Transpose', [scores], { suffix: 'by_class', attributes: { perm: int([1, 0]) } });
  const found = suppress(op, options, boxes, byClass, perClass);
  const places = op.emit(
    'Slice',
    [found, op.ints('from', [1]), op.ints('to', [3]), op.ints('columns', [1])],
    { suffix: 'places' },
  );
  const values = op.emit('GatherND', [byClass, places], { suffix: 'values' });
  const size = op.emit('Shape', [values], { suffix: 'found' });
  const k = op.emit('Min', [size, op.ints('limit', [most])], { suffix: 'kept' });
  const [top = '', order = ''] = op.emitAll('TopK', [values, k], 2, { suffix: 'top' });
  const kept = rowsOf(op, places, order, 'kept_places');
  const [classes, rows] = [column(op, kept, 0, 'classes_kept'), column(op, kept, 1, 'boxes_kept')];
  const count = op.emit('Size', [order], { suffix: 'count' });
  give(op, most, rowsOf(op, boxes, rows, 'selected_boxes'), classes, top, count);
}

function give(op: Op, length: number, boxes: string, classes: string, scores: string, count: string): void {
  const total = op.ints('total', [length]);
  const batch = op.ints('batch_out', [0]);
  const whole = (value: string, suffix: string) =>
    op.emit('Unsqueeze', [fillUp(op, value, total, 'float32', `${suffix}_filled`), batch], { suffix });
  op.give(0, whole(boxes, 'detection_boxes'));
  op.give(1, whole(op.cast(classes, 'float32', 'class_numbers'), 'detection_classes'));
  op.give(2, whole(scores, 'detection_scores'));
  const number = op.emit('Reshape', [op.cast(count, 'float32', 'count_number'), op.ints('one', [1])], {
    suffix: 'detections',
  });
  op.give(3, number);
}
