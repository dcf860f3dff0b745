// A recurrent layer seen from outside: a sequence goes in, a sequence and the last states come out. A stack of cells
// is a chain of operators: each cell reads only what the one before it gives at the same step.

import { int } from '../../../graph/attribute.ts';
import type { Dim, Shape } from '../../../graph/model.ts';
import { LayerConfig } from '../config.ts';
import { isRecord } from '../json-shape.ts';
import type { Layer, Value, WeightSlot } from '../layer.ts';
import type { Dialect } from '../spec.ts';
import { type Cell, cellProblem, cellSlots, isCell, readCell } from './cell.ts';
import { label } from './label.ts';
import { type MaskedSteps, maskedSteps } from './mask.ts';
import { runCell } from './run-cell.ts';

/** One direction of a recurrent layer. `suffix` names its nodes; '' for the only direction. */
export type Recurrence = {
  readonly slots: readonly WeightSlot[];
  /** States a call takes and gives. */
  readonly states: number;
  /** The cells when they are ONNX operators. */
  readonly cells: readonly Cell[];
  problem(dialect: Dialect): string | undefined;
  run(layer: Layer, call: RecurrentCall): RecurrentResult;
};

export type RecurrentCall = {
  /** (batch, time, …) */
  readonly input: Value;
  readonly isTimeMajor: boolean;
  readonly isReverse: boolean;
  /** Zero at masked steps, instead of the step before. */
  readonly isZeroWhereMasked: boolean;
  /** One per state; [] for zeros. */
  readonly initial: readonly Value[];
  readonly suffix: string;
};

/** Nodes are added when a part is asked for. */
export type RecurrentResult = {
  /** Without batch and time. */
  readonly shape: Shape;
  /** (batch, time, …) in the order of the input. */
  sequence(): string;
  /** (batch, …): the output after the last step. */
  last(): string;
  /** Each (batch, …). */
  states(): readonly string[];
};

/** The cells of SimpleRNN, LSTM, GRU, their cuDNN forms and RNN; undefined for a cell that is somebody's own. */
export function readCells(className: string, config: LayerConfig, prefix = ''): readonly Cell[] | undefined {
  if (isCell(className) && !className.endsWith('Cell')) return [readCell(className, config, prefix)];
  return className === 'RNN' ? cellsOf(config.get('cell'), config, prefix) : undefined;
}

/** Stacks inside stacks; nobody needs more. */
const DEEPEST = 20;

function cellsOf(written: unknown, parent: LayerConfig, prefix: string, depth = 0): Cell[] | undefined {
  if (depth > DEEPEST) return parent.fail(`its cells are nested more than ${DEEPEST} deep`);
  if (!isRecord(written) || typeof written.class_name !== 'string' || !isRecord(written.config))
    return undefined;
  const config = new LayerConfig(written.config, parent.fail);
  if (written.class_name === 'StackedRNNCells') {
    const cells = config.get('cells');
    if (!Array.isArray(cells) || cells.length === 0) return undefined;
    const read = cells.map((cell, index) => cellsOf(cell, config, `${prefix}cell_${index}/`, depth + 1));
    return read.every((each) => each !== undefined) ? read.flat() : undefined;
  }
  return isCell(written.class_name) ? [readCell(written.class_name, config, prefix)] : undefined;
}

export function cellRecurrence(cells: readonly Cell[]): Recurrence {
  return {
    slots: cells.flatMap(cellSlots),
    states: cells.reduce((count, { op }) => count + statesOf(op), 0),
    cells,
    problem: (dialect) =>
      cells.map((cell) => cellProblem(cell, dialect)).find((reason) => reason !== undefined),
    run: (layer, call) => runCells(layer, cells, call),
  };
}

function statesOf(op: Cell['op']): number {
  return op === 'LSTM' ? 2 : 1;
}

function runCells(layer: Layer, cells: readonly Cell[], call: RecurrentCall): RecurrentResult {
  const { input, isReverse, suffix } = call;
  if (input.shape.length !== 3) layer.fail(`its input has ${input.shape.length} axes where 3 are expected`);
  const steps = maskOf(layer, call);
  const start = steps === undefined ? input.name : steps.gather(input.name);
  let sequence = call.isTimeMajor ? start : timeFirst(layer, start, label(suffix, 'time_first'));
  let features: Dim = input.shape[2] ?? null;
  let taken = 0;
  const ends: (() => string)[] = [];
  for (const [index, cell] of cells.entries()) {
    const count = statesOf(cell.op);
    const initial = call.initial.slice(taken, taken + count);
    taken += count;
    const name = cells.length === 1 ? suffix : label(suffix, `cell_${index}`);
    const { sequence: raw, states } = runCell(layer, {
      cells: [cell],
      isReverse,
      input: sequence,
      features,
      lengths: steps?.lengths,
      initial: initial.map(({ name: state }, at) =>
        withDirection(layer, state, label(name, `initial_${at}`)),
      ),
      suffix: name,
    });
    ends.push(
      ...states.map((state, at) => () => {
        const end = withoutDirection(layer, state, 0, label(name, `state_${at}`));
        return steps?.orElse(end, initial[at]?.name, label(name, `kept_${at}`)) ?? end;
      }),
    );
    sequence = withoutDirection(layer, raw, 1, label(name, 'sequence'));
    features = cell.units;
  }
  const top = ends.at(-statesOf(cells.at(-1)?.op ?? 'RNN'));
  const hasState = call.initial.length > 0;
  return {
    shape: [features],
    sequence() {
      if (call.isTimeMajor) return sequence;
      const batchFirst = timeFirst(layer, sequence, label(suffix, 'batch_first'));
      const mode = call.isZeroWhereMasked ? 'zero' : isReverse ? 'reverse' : 'forward';
      return steps?.spread(batchFirst, mode, label(suffix, 'spread')) ?? batchFirst;
    },
    last() {
      const end = top?.() ?? layer.fail('it has no cell');
      // Where nothing is seen Keras gives zeros, whatever the initial state.
      return hasState && steps ? steps.orElse(end, undefined, label(suffix, 'last')) : end;
    },
    states: () => ends.map((end) => end()),
  };
}

export function maskOf(
  layer: Layer,
  { input, isTimeMajor }: Pick<RecurrentCall, 'input' | 'isTimeMajor'>,
): MaskedSteps | undefined {
  if (input.mask === undefined) return undefined;
  if (isTimeMajor) layer.refuse('a mask with time_major');
  return maskedSteps(layer, input.mask);
}

/** (batch, time, features) and (time, batch, features) into each other. */
export function timeFirst(layer: Layer, value: string, suffix: string): string {
  return layer.add('Transpose', [value], { suffix, attributes: { perm: int([1, 0, 2]) } });
}

function withDirection(layer: Layer, state: string, suffix: string): string {
  return layer.add('Unsqueeze', [state, layer.ints('direction', [0])], { suffix });
}

function withoutDirection(layer: Layer, value: string, axis: number, suffix: string): string {
  return layer.add('Squeeze', [value, layer.ints(`direction_${axis}`, [axis])], { suffix });
}
