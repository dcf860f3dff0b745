// Decides what kind of task it is, and puts the model's outputs and the true values together for the metrics.

import type { Column } from '../../datasets/definition.ts';
import { errors } from '../../errors.ts';
import type { DType } from '../../graph/dtype.ts';
import { type Judged, type Task, tasks } from '../../metrics/definition.ts';
import { judgeClasses, judgeNumbers } from '../../metrics/judge.ts';
import { didYouMean } from '../../nearest.ts';
import { type ClassIndices, classIndices, isOneHot } from './classes.ts';
import type { Place } from './rows.ts';
import type { Predictions } from './run.ts';

export type JudgeOptions = {
  readonly task: string | undefined;
  /** Class names in index order. */
  readonly names: readonly string[] | undefined;
  readonly positive: string | undefined;
  /** Scores above it count as the positive class; 0.5 unless given. */
  readonly threshold: number | undefined;
};

export type Verdict = { readonly judged: Judged; readonly notes: readonly string[] };

/** Errors: USAGE for an unknown task, LABEL_INVALID, OUTPUT_UNCLEAR, NOT_A_NUMBER. */
export function judge(
  predictions: Predictions,
  target: readonly Column[],
  options: JudgeOptions,
  place: Place,
): Verdict {
  const task = taskOf(predictions, target, options.task);
  if (task === 'regression') return { judged: judgeRegression(predictions, target), notes: [] };
  return isChoice(predictions)
    ? judgeChoices(predictions, target, options, place)
    : judgeScores(predictions, target, options, place);
}

/** The task asked for; otherwise read off the output and the true values. */
function taskOf(
  predictions: Predictions,
  target: readonly Column[],
  asked: string | undefined,
): Task | 'classes' {
  const word = asked?.toLowerCase();
  if (word !== undefined && word !== 'auto') {
    if (word === 'classification') return 'classes';
    const found = tasks.find((task) => task === word);
    if (found) return found === 'regression' ? found : 'classes';
    throw errors.USAGE(`${asked} is not a task`, didYouMean(word, [...tasks, 'classification']));
  }
  const [column] = target;
  if (predictions.kind === 'text' || column?.kind === 'text') return 'classes';
  const isWhole = column !== undefined && target.length === 1 && column.values.every(Number.isInteger);
  if (isChoice(predictions)) return isWhole || isOneHot(target) ? 'classes' : 'regression';
  if (predictions.perRow > 1) return isWhole || isOneHot(target) ? 'classes' : 'regression';
  if (isOneHot(target)) return 'classes';
  if (!isWhole || column === undefined) return 'regression';
  const values = new Set(column.values);
  const isZeroOne = [...values].every((value) => value === 0 || value === 1);
  if (isZeroOne && values.size === 2) return 'classes';
  const isSigmoid = predictions.values.every((value) => value >= 0 && value <= 1);
  return isSigmoid && (isZeroOne || values.size === 2) ? 'classes' : 'regression';
}

/** The output is the class itself, not a score: an integer, a boolean or a name per row. */
function isChoice(predictions: Predictions): boolean {
  if (predictions.kind === 'text') return true;
  const { dtype, perRow } = predictions;
  return perRow === 1 && (/^u?int/.test(dtype) || dtype === 'bool');
}

function judgeRegression(predictions: Predictions, target: readonly Column[]): Judged {
  if (predictions.kind === 'text') {
    throw errors.OUTPUT_UNCLEAR(`output ${predictions.name} is text`, 'regression needs numbers; see --task');
  }
  const columns = target.map((column) => {
    if (column.kind === 'number') return column.values;
    throw errors.LABEL_INVALID(`target ${column.name} is text`, 'regression needs numbers; see --task');
  });
  const { perRow, values } = predictions;
  if (columns.length !== perRow) {
    throw errors.OUTPUT_UNCLEAR(
      `output ${predictions.name} has ${perRow} numbers per row, and the target has ${columns.length}`,
      perRow > 1 && columns.length === 1
        ? 'if they are scores of classes, the target must be a class index, a name or one-hot columns'
        : 'name as many target columns with --target a,b,…',
    );
  }
  const rows = columns[0]?.length ?? 0;
  const truth = new Float64Array(rows * perRow);
  for (const [index, column] of columns.entries()) {
    for (let row = 0; row < rows; row++) truth[row * perRow + index] = column[row] as number;
  }
  return judgeNumbers(truth, values, rows, perRow);
}

function judgeScores(
  predictions: Predictions,
  target: readonly Column[],
  options: JudgeOptions,
  place: Place,
): Verdict {
  if (predictions.kind === 'text') throw new TypeError('text is not a score');
  const { perRow, values, dtype, dims } = predictions;
  if (dims.length > 1 && dims.filter((dim) => dim !== 1).length > 1) {
    throw errors.OUTPUT_UNCLEAR(
      `output ${predictions.name} has ${dims.join('×')} numbers per row`,
      'classification needs one score per class',
    );
  }
  const count = Math.max(2, perRow);
  const classes = classIndices(target, { count, names: options.names, positive: options.positive }, place);
  const rows = classes.indices.length;
  const scores = perRow === 1 ? bothSides(values) : values;
  const positive = positiveOf(classes, options.positive);
  const threshold = options.threshold;
  const predicted = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    predicted[row] =
      count === 2 && (perRow === 1 || threshold !== undefined)
        ? above(scores, row, perRow === 1 ? 1 : positive, threshold ?? 0.5)
        : argmax(scores, row * count, count);
  }
  const notes = notesOf(classes);
  if (perRow === 1 && threshold === undefined && values.some((value) => value < 0 || value > 1)) {
    notes.push(
      'the scores go beyond 0 … 1, so they are not probabilities; 0.5 is still the threshold (--threshold)',
    );
  }
  return {
    judged: judgeClasses({
      task: count === 2 ? 'binary' : 'multiclass',
      labels: classes.labels,
      truth: classes.indices,
      predicted,
      scores: { values: scores, epsilon: epsilonOf(dtype) },
      positive,
    }),
    notes,
  };
}

function notesOf({ assumed }: ClassIndices): string[] {
  return assumed === undefined ? [] : [assumed];
}

/** One score is that of class 1; class 0 has the rest. */
function bothSides(values: Float64Array): Float64Array {
  const both = new Float64Array(values.length * 2);
  values.forEach((value, row) => {
    both[2 * row] = 1 - value;
    both[2 * row + 1] = value;
  });
  return both;
}

/** Class `index` when its score is above the threshold, otherwise the other one. */
function above(scores: Float64Array, row: number, index: number, threshold: number): number {
  return (scores[2 * row + index] as number) > threshold ? index : 1 - index;
}

/** The first of the highest, as numpy.argmax. */
function argmax(values: Float64Array, start: number, count: number): number {
  let best = 0;
  for (let index = 1; index < count; index++) {
    if ((values[start + index] as number) > (values[start + best] as number)) best = index;
  }
  return best;
}

/** The model gives classes without scores; they may be any integers or names. */
function judgeChoices(
  predictions: Predictions,
  target: readonly Column[],
  options: JudgeOptions,
  place: Place,
): Verdict {
  const chosen = Array.from(predictions.values, String);
  const { names } = options;
  const known = { count: undefined, names, positive: options.positive };
  if (
    predictions.kind === 'numbers' &&
    names === undefined &&
    target[0]?.kind === 'number' &&
    target.length === 1
  ) {
    // Numbers on both sides: the classes are the numbers that occur.
    const found = [...new Set([...predictions.values, ...target[0].values])].sort((a, b) => a - b);
    const labels = found.map(String);
    const classes = classIndices(target, { ...known, names: labels }, place);
    return choices(classes, chosen, labels, options);
  }
  if (predictions.kind === 'text' && names === undefined) {
    const truth = target[0]?.kind === 'text' ? target[0].values.map((value) => value ?? '') : [];
    const labels = [...new Set([...chosen, ...truth])].sort((a, b) => (a < b ? -1 : 1));
    return choices(classIndices(target, { ...known, names: labels }, place), chosen, labels, options);
  }
  const classes = classIndices(target, known, place);
  const keys = predictions.kind === 'text' ? classes.labels : classes.labels.map((_, index) => String(index));
  return choices(classes, chosen, keys, options);
}

/** `keys` is what the model says for each class. */
function choices(
  classes: ClassIndices,
  chosen: readonly string[],
  keys: readonly string[],
  options: JudgeOptions,
): Verdict {
  const index = new Map(keys.map((key, at) => [key, at]));
  const predicted = Int32Array.from(chosen, (value) => {
    const at = index.get(value);
    if (at !== undefined) return at;
    throw errors.LABEL_INVALID(
      `the model predicts ${value}, which is none of the ${keys.length} classes`,
      'give all class names in index order with --classes',
    );
  });
  return {
    judged: judgeClasses({
      task: classes.labels.length === 2 ? 'binary' : 'multiclass',
      labels: classes.labels,
      truth: classes.indices,
      predicted,
      positive: positiveOf(classes, options.positive),
    }),
    notes: notesOf(classes),
  };
}

function positiveOf({ labels }: ClassIndices, wanted: string | undefined): number {
  if (wanted === undefined) return Math.min(1, labels.length - 1);
  const found = labels.indexOf(wanted);
  if (found >= 0) return found;
  throw errors.LABEL_INVALID(`--positive ${wanted} is none of the classes`, didYouMean(wanted, labels));
}

/** Distance from 1 to the next number of the dtype. */
function epsilonOf(dtype: DType): number {
  if (dtype === 'float64') return Number.EPSILON;
  if (dtype === 'float16') return 2 ** -10;
  if (dtype === 'bfloat16') return 2 ** -7;
  return 2 ** -23;
}
