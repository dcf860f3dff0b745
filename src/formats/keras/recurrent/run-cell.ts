// One recurrent operator over a whole sequence: forwards, backwards or both at once.

import { float, int, string } from '../../../graph/attribute.ts';
import type { Attribute } from '../../../graph/model.ts';
import type { Layer, Value } from '../layer.ts';
import { type Cell, cellActivations, type OnnxActivation } from './cell.ts';
import { cellWeights } from './cell-weights.ts';
import { label } from './label.ts';

export type CellRun = {
  /** One, or forward and backward. */
  readonly cells: readonly Cell[];
  readonly isReverse: boolean;
  /** (time, batch, features) */
  readonly input: string;
  readonly features: Value['shape'][number];
  readonly lengths: string | undefined;
  /** Each (directions, batch, units); [] for zeros. */
  readonly initial: readonly string[];
  readonly suffix: string;
};

export type CellOutputs = {
  /** (time, directions, batch, units), in the order of the input also when the operator runs backwards. */
  readonly sequence: string;
  /** Each (directions, batch, units): the output, and the cell state of an LSTM. */
  readonly states: readonly string[];
};

// Numbers of the ONNX enumeration TensorProto.DataType, for Cast.
const FLOAT = 1;
const DOUBLE = 11;

const DEFAULTS: Readonly<Record<Cell['op'], string>> = {
  LSTM: 'Sigmoid,Tanh,Tanh',
  GRU: 'Sigmoid,Tanh',
  RNN: 'Tanh',
};

export function runCell(layer: Layer, run: CellRun): CellOutputs {
  const { cells, isReverse, input, lengths, initial, suffix } = run;
  const [cell] = cells;
  if (cell === undefined) return layer.fail('it has no cell');
  const features = typeof run.features === 'number' ? run.features : null;
  const { kernel, recurrent, bias } = cellWeights(layer, cells, features);
  const floats = [input, kernel.name, recurrent.name, bias?.name ?? '', ...initial];
  const [x = '', w = '', r = '', b = '', ...states] = narrowed(layer, floats, suffix);
  const inputs = [x, w, r, b, lengths ?? '', ...states];
  while (inputs.at(-1) === '') inputs.pop();
  const direction = cells.length === 2 ? 'bidirectional' : isReverse ? 'reverse' : 'forward';
  const attributes: Record<string, Attribute> = {
    hidden_size: int(cell.units),
    direction: string(direction),
  };
  if (cell.isResetAfter) attributes.linear_before_reset = int(1);
  const activations = cells.flatMap((each) => cellActivations(each, layer.dialect));
  Object.assign(attributes, activationAttributes(cell.op, activations));
  const count = cell.op === 'LSTM' ? 3 : 2;
  const outputs = layer.addAll(cell.op, inputs, count, { suffix, attributes });
  const [sequence = '', ...ends] = widened(layer, outputs, suffix);
  return { sequence, states: ends };
}

/** Runtimes have these operators in single precision only; float64 layers compute in that. */
function narrowed(layer: Layer, values: readonly string[], suffix: string): readonly string[] {
  if (layer.dtype !== 'float64') return values;
  layer.note(
    'KERAS_COMPUTED_IN_FLOAT32',
    `layer ${layer.name} is float64 in Keras and computed in float32, as runtimes have no such operator`,
  );
  return values.map((value, at) =>
    value === '' ? '' : cast(layer, value, FLOAT, label(suffix, `narrow_${at}`)),
  );
}

function widened(layer: Layer, values: readonly string[], suffix: string): readonly string[] {
  if (layer.dtype !== 'float64') return values;
  return values.map((value, at) => cast(layer, value, DOUBLE, label(suffix, `widen_${at}`)));
}

function cast(layer: Layer, value: string, to: number, suffix: string): string {
  return layer.add('Cast', [value], { suffix, attributes: { to: int(to) } });
}

/** None where they are what the operator does by itself. Parameters are listed for the activations that have them. */
function activationAttributes(
  op: Cell['op'],
  activations: readonly OnnxActivation[],
): Record<string, Attribute> {
  const names = activations.map(({ name }) => name);
  const defaults = DEFAULTS[op];
  if (names.join() === defaults || names.join() === `${defaults},${defaults}`) return {};
  const alphas = activations.flatMap(({ alpha }) => (alpha === undefined ? [] : [alpha]));
  const betas = activations.flatMap(({ beta }) => (beta === undefined ? [] : [beta]));
  return {
    activations: string(names),
    ...(alphas.length === 0 ? {} : { activation_alpha: float(alphas) }),
    ...(betas.length === 0 ? {} : { activation_beta: float(betas) }),
  };
}
