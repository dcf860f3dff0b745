// The two halves of a Bidirectional layer, as one operator or as two, and how they are merged.

import { int } from '../../../graph/attribute.ts';
import type { Dim } from '../../../graph/model.ts';
import type { LayerConfig } from '../config.ts';
import type { Layer, Value } from '../layer.ts';
import type { Cell } from './cell.ts';
import { cellActivations } from './cell.ts';
import { label } from './label.ts';
import { initialStates, noteStateful, outputOf, type RecurrentOptions, stateShapes } from './options.ts';
import { maskOf, type Recurrence, timeFirst } from './recurrence.ts';
import { runCell } from './run-cell.ts';

export type Half = {
  readonly config: LayerConfig;
  readonly recurrence: Recurrence;
  readonly options: RecurrentOptions;
};

const MODES = ['concat', 'sum', 'mul', 'ave'] as const;
type Mode = (typeof MODES)[number] | 'none';

export function bothWays(layer: Layer, forward: Half, backward: Half): readonly Value[] {
  const [input] = layer.inputs;
  if (input === undefined) return layer.fail('it is called without a tensor');
  const { config } = layer;
  for (const key of ['layer', 'backward_layer', 'num_constants', 'return_sequences', 'return_state']) {
    config.get(key);
  }
  const mode = config.raw.merge_mode === null ? 'none' : config.word('merge_mode', MODES, 'concat');
  config.get('merge_mode');
  noteStateful(layer, forward.options);
  // tf.keras and Keras 3 give zeros at masked steps here, unlike everywhere else. Keras before that carries over.
  const isOldKeras = layer.dialect.major === 1 || /^2\.[0-3]\.\d+$/.test(layer.dialect.version);
  const options = {
    ...forward.options,
    isZeroWhereMasked: isOldKeras ? forward.options.isZeroWhereMasked : forward.options.givesSequence,
  };
  const cells = oneOperator(layer, forward, backward, input, options);
  return cells === undefined
    ? twoOperators(layer, forward, backward, input, options, mode)
    : together(layer, cells, input, options, mode);
}

/** Both cells when one operator can be both. */
function oneOperator(
  layer: Layer,
  forward: Half,
  backward: Half,
  input: Value,
  { givesSequence, isZeroWhereMasked, isTimeMajor }: RecurrentOptions,
): readonly [Cell, Cell] | undefined {
  const [[first, ...more], [second, ...others]] = [forward.recurrence.cells, backward.recurrence.cells];
  if (first === undefined || second === undefined || more.length > 0 || others.length > 0) return undefined;
  const isAlike =
    first.op === second.op &&
    first.units === second.units &&
    first.isResetAfter === second.isResetAfter &&
    !forward.options.isBackwards &&
    backward.options.isBackwards &&
    forward.options.givesSequence === backward.options.givesSequence &&
    input.shape.length === 3 &&
    !isTimeMajor;
  // A step carried over comes from the step before in one half and from the step after in the other.
  const isCarried = input.mask !== undefined && givesSequence && !isZeroWhereMasked;
  const names = [first, second].map((cell) => cellActivations(cell, layer.dialect).length);
  return isAlike && !isCarried && names[0] === names[1] ? [first, second] : undefined;
}

function together(
  layer: Layer,
  cells: readonly [Cell, Cell],
  input: Value,
  options: RecurrentOptions,
  mode: Mode,
): readonly Value[] {
  const [cell] = cells;
  const count = cell.op === 'LSTM' ? 2 : 1;
  const steps = maskOf(layer, { input, isTimeMajor: false });
  const start = steps === undefined ? input.name : steps.gather(input.name);
  const given = initialStates(layer, 2 * count);
  const initial = Array.from({ length: given.length / 2 }, (_, at) => {
    const pair = [given[at], given[count + at]].map((state, half) =>
      layer.add('Unsqueeze', [state?.name ?? '', layer.ints('first', [0])], {
        suffix: `initial_${at}_${half}`,
      }),
    );
    return layer.add('Concat', pair, { suffix: `initial_${at}`, attributes: { axis: int(0) } });
  });
  const { sequence, states } = runCell(layer, {
    cells,
    isReverse: false,
    input: timeFirst(layer, start, 'time_first'),
    features: input.shape[2] ?? null,
    lengths: steps?.lengths,
    initial,
    suffix: '',
  });
  const [batch = null, time = null] = input.shape;
  const halfOf = (value: string, half: number, suffix: string) =>
    layer.add('Gather', [value, layer.constant(`half_${half}`, scalarIndex(half))], {
      suffix,
      attributes: { axis: int(0) },
    });
  const outputs: Value[] = [];
  const merge = (value: string, axis: number, suffix: string): readonly string[] => {
    if (mode === 'none') {
      return [0, 1].map((half) =>
        layer.add('Gather', [value, layer.constant(`half_${half}`, scalarIndex(half))], {
          suffix: `${suffix}_${half}`,
          attributes: { axis: int(axis) },
        }),
      );
    }
    if (mode === 'concat') return [value];
    const opType = { sum: 'ReduceSum', mul: 'ReduceProd', ave: 'ReduceMean' }[mode];
    const attributes = { keepdims: int(0) };
    return [layer.add(opType, [value, layer.ints('halves', [axis])], { suffix, attributes })];
  };
  const width = mode === 'concat' ? 2 * cell.units : cell.units;
  if (options.givesSequence) {
    for (const [index, name] of merge(sequence, 1, 'merged').entries()) {
      const suffix = mode === 'none' ? `half_${index}` : '';
      const batchFirst =
        mode === 'concat'
          ? layer.add(
              'Reshape',
              [
                layer.add('Transpose', [name], {
                  suffix: 'batch_first',
                  attributes: { perm: int([2, 0, 1, 3]) },
                }),
                layer.ints('joined', [0, 0, width]),
              ],
              { suffix: 'joined' },
            )
          : timeFirst(layer, name, label(suffix, 'batch_first'));
      const shown = steps?.spread(batchFirst, 'zero', label(suffix, 'spread')) ?? batchFirst;
      outputs.push({ name: shown, dtype: layer.dtype, shape: [batch, time, width], mask: input.mask });
    }
  } else {
    for (const [index, name] of merge(states[0] ?? '', 0, 'merged').entries()) {
      const joined =
        mode === 'concat'
          ? layer.add(
              'Reshape',
              [
                layer.add('Transpose', [name], {
                  suffix: 'batch_first',
                  attributes: { perm: int([1, 0, 2]) },
                }),
                layer.ints('joined_last', [0, width]),
              ],
              { suffix: 'joined' },
            )
          : name;
      const last = steps?.orElse(joined, undefined, `last_${index}`) ?? joined;
      outputs.push({ name: last, dtype: layer.dtype, shape: [batch, width] });
    }
  }
  if (!options.givesState) return outputs;
  for (const half of [0, 1]) {
    for (const [at, state] of states.entries()) {
      const own = halfOf(state, half, `state_${half}_${at}`);
      const name = steps?.orElse(own, given[half * count + at]?.name, `kept_${half}_${at}`) ?? own;
      outputs.push({ name, dtype: layer.dtype, shape: [batch, cell.units] });
    }
  }
  return outputs;
}

function twoOperators(
  layer: Layer,
  forward: Half,
  backward: Half,
  input: Value,
  options: RecurrentOptions,
  mode: Mode,
): readonly Value[] {
  const { isTimeMajor, isZeroWhereMasked } = options;
  const counts = [forward, backward].map(({ recurrence }) => recurrence.states);
  const given = initialStates(layer, (counts[0] ?? 0) + (counts[1] ?? 0));
  const batch = input.shape[isTimeMajor ? 1 : 0] ?? null;
  const states: Value[] = [];
  const ends = [forward, backward].map((half, index) => {
    const suffix = index === 0 ? 'forward' : 'backward';
    const { isBackwards } = half.options;
    const initial = index === 0 ? given.slice(0, counts[0]) : given.slice(counts[0]);
    const call = { input, isTimeMajor, isReverse: isBackwards, isZeroWhereMasked, initial, suffix };
    const result = half.recurrence.run(layer, call);
    // Keras turns the sequence of the backward half, which came out last step first.
    const isTurned = index === 0 ? isBackwards : !isBackwards;
    const output = outputOf(layer, options, input, result, isTurned, suffix);
    if (options.givesState) {
      const shapes = stateShapes(half.recurrence, result);
      for (const [at, name] of result.states().entries()) {
        states.push({ name, dtype: layer.dtype, shape: [batch, ...(shapes[at] ?? result.shape)] });
      }
    }
    return output;
  });
  const [first, second] = ends;
  if (first === undefined || second === undefined) return layer.fail('it has one half');
  return mode === 'none' ? [...ends, ...states] : [merged(layer, first, second, mode), ...states];
}

function merged(layer: Layer, first: Value, second: Value, mode: Exclude<Mode, 'none'>): Value {
  const names = [first.name, second.name];
  if (mode === 'concat') {
    const last = first.shape.length - 1;
    const [a = null, b = null] = [first.shape[last], second.shape[last]];
    const width: Dim = typeof a === 'number' && typeof b === 'number' ? a + b : null;
    const name = layer.add('Concat', names, { attributes: { axis: int(last) } });
    return { ...first, name, shape: first.shape.with(-1, width) };
  }
  const name = layer.add(mode === 'mul' ? 'Mul' : 'Add', names, mode === 'ave' ? { suffix: 'sum' } : {});
  if (mode !== 'ave') return { ...first, name };
  return { ...first, name: layer.add('Mul', [name, layer.number('half', 0.5)]) };
}

function scalarIndex(value: number) {
  return { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) } as const;
}
