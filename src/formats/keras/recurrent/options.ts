// What all recurrent layers have in common: which steps come out, in which order, and with which states.

import type { Dim } from '../../../graph/model.ts';
import type { LayerConfig } from '../config.ts';
import type { Layer, Value } from '../layer.ts';
import type { Recurrence, RecurrentResult } from './recurrence.ts';

export type RecurrentOptions = {
  readonly givesSequence: boolean;
  readonly givesState: boolean;
  readonly isBackwards: boolean;
  readonly isTimeMajor: boolean;
  readonly isStateful: boolean;
  readonly isZeroWhereMasked: boolean;
};

/** Keys that change how Keras computes or trains, and not what. */
const WITHOUT_MEANING = [
  'unroll',
  'implementation',
  'use_cudnn',
  'dropout',
  'recurrent_dropout',
  'dropout_W',
  'dropout_U',
  'unit_forget_bias',
  'consume_less',
  'cell',
  'input_dim',
  'input_length',
  'reset_after',
  'activation',
  'recurrent_activation',
  'use_bias',
  'inner_activation',
];

export function recurrentOptions(config: LayerConfig): RecurrentOptions {
  for (const key of WITHOUT_MEANING) config.get(key);
  return {
    givesSequence: config.boolean('return_sequences', false),
    givesState: config.boolean('return_state', false),
    isBackwards: config.boolean('go_backwards', false),
    isTimeMajor: config.boolean('time_major', false),
    isStateful: config.boolean('stateful', false),
    isZeroWhereMasked: config.boolean('zero_output_for_mask', false),
  };
}

export function optionsProblem(config: LayerConfig): string | undefined {
  const constants = config.get('num_constants') ?? 0;
  return constants === 0 || constants === false ? undefined : 'constants given to its cell are not supported';
}

export function noteStateful(layer: Layer, { isStateful }: RecurrentOptions): void {
  if (!isStateful) return;
  layer.note(
    'KERAS_STATE_NOT_KEPT',
    `layer ${layer.name} keeps its state between calls in Keras (stateful); here every call starts from zeros`,
  );
}

/** The tensors after the first input, or those given as initial_state. */
export function initialStates(layer: Layer, count: number): readonly Value[] {
  const named = layer.keyword('initial_state');
  const given = [...layer.inputs.slice(1), ...named.flatMap((value) => (value === null ? [] : [value]))];
  if (given.length !== 0 && given.length !== count) {
    layer.fail(`it is called with ${given.length} initial states and has ${count}`);
  }
  return given;
}

/** The outputs of a layer with one direction. */
export function finish(
  layer: Layer,
  options: RecurrentOptions,
  input: Value,
  recurrence: Recurrence,
): readonly Value[] {
  noteStateful(layer, options);
  const { isTimeMajor, isZeroWhereMasked, isBackwards } = options;
  const result = recurrence.run(layer, {
    input,
    isTimeMajor,
    isReverse: isBackwards,
    isZeroWhereMasked,
    initial: initialStates(layer, recurrence.states),
    suffix: '',
  });
  const batch = input.shape[isTimeMajor ? 1 : 0] ?? null;
  const output = outputOf(layer, options, input, result, isBackwards, '');
  if (!options.givesState) return [output];
  const names = result.states();
  const shapes = stateShapes(recurrence, result);
  const states = names.map((name, index) => ({
    name,
    dtype: layer.dtype,
    shape: [batch, ...(shapes[index] ?? result.shape)],
  }));
  return [output, ...states];
}

/** Of each state, without the batch: cells of a stack have their own sizes. */
export function stateShapes({ cells }: Recurrence, result: RecurrentResult): readonly (readonly Dim[])[] {
  if (cells.length === 0) return [result.shape, result.shape];
  return cells.flatMap(({ op, units }) => (op === 'LSTM' ? [[units], [units]] : [[units]]));
}

/** The sequence, in the order Keras gives it, or the last step. */
export function outputOf(
  layer: Layer,
  { givesSequence, isTimeMajor }: RecurrentOptions,
  input: Value,
  result: RecurrentResult,
  isTurned: boolean,
  suffix: string,
): Value {
  const [first = null, second = null] = input.shape;
  const { dtype } = layer;
  if (!givesSequence) {
    return { name: result.last(), dtype, shape: [isTimeMajor ? second : first, ...result.shape] };
  }
  const sequence = result.sequence();
  return {
    name: isTurned ? turned(layer, sequence, isTimeMajor ? 0 : 1, suffix) : sequence,
    dtype,
    shape: [first, second, ...result.shape],
    mask: input.mask,
  };
}

/** The other way round along an axis. */
function turned(layer: Layer, value: string, axis: number, suffix: string): string {
  const inputs = [
    value,
    layer.ints('turn/start', [-1]),
    // As far as possible: the end that a negative step cannot reach.
    layer.ints('turn/end', [-(2 ** 63)]),
    layer.ints('turn/axis', [axis]),
    layer.ints('turn/step', [-1]),
  ];
  return layer.add('Slice', inputs, { suffix: suffix === '' ? 'turned' : `${suffix}/turned` });
}
