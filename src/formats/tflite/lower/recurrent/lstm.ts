// One direction of an LSTM: gates in TFLite's order (input, forget, cell, output), peepholes, projection, layer
// normalization, coupled gates, clipping. https://www.bioinf.jku.at/publications/older/2604.pdf

import { float, int, string } from '../../../../graph/attribute.ts';
import type { Tensor } from '../../../../graph/tensor.ts';
import { float32 } from '../../../../graph/tensor.ts';
import type { Op, OperatorView } from '../definition.ts';
import { initialState, type Step, scan } from './sequence.ts';
import { needed, stack, turned, weight, zeros } from './weights.ts';

/** Which inputs hold what; -1 where the operator has none. */
export type Places = {
  /** First of four. */
  readonly input: number;
  readonly recurrent: number;
  /** First of three. */
  readonly peephole: number;
  readonly bias: number;
  readonly projection: number;
  readonly output: number;
  readonly cell: number;
  /** First of four, -1 when there are none. */
  readonly normal: number;
  /** First of four that take the auxiliary input, -1 when there are none. */
  readonly auxiliary: number;
};

type Gate = 'input' | 'forget' | 'cell' | 'output';
const GATES: readonly Gate[] = ['input', 'forget', 'cell', 'output'];
/** Keeps the variance away from zero. */
const EPSILON = 1e-8;

/** Gates without input gate couple it to the forget gate. */
function gatesOf(op: OperatorView, places: Places): readonly Gate[] {
  return op.hasInput(places.input) ? GATES : GATES.slice(1);
}

const at = (first: number, gate: Gate) => first + GATES.indexOf(gate);

/** `x` is [time, batch, features] (`auxiliary` too); the result is the output of every step, time first. */
export function lstm(
  op: Op,
  suffix: string,
  x: string,
  auxiliary: string | undefined,
  places: Places,
  isBackwards: boolean,
): string {
  const steps = op.input(0).shape[op.flag('timeMajor') ? 0 : 1];
  if (
    auxiliary === undefined &&
    isPlain(op, places, typeof steps === 'number' ? steps : Number.POSITIVE_INFINITY)
  ) {
    return fused(op, suffix, x, places, isBackwards);
  }
  const projected = gateInputs(op, suffix, x, auxiliary, places);
  const states = [places.output, places.cell];
  return scan(op, `${suffix}steps`, projected, states, lstmStep(op, places), isBackwards);
}

/** The part of each gate that does not depend on the state, for all steps at once. */
export function gateInputs(
  op: Op,
  suffix: string,
  x: string,
  auxiliary: string | undefined,
  places: Places,
): string[] {
  return gatesOf(op, places).map((gate) => {
    const label = `${suffix}${gate}`;
    const product = (value: string, index: number, name: string) =>
      op.emit('MatMul', [value, op.make(`${label}/${name}`, turned(needed(op, index)))], {
        suffix: `${label}/${name}_in`,
      });
    const own = product(x, at(places.input, gate), 'kernel');
    if (auxiliary === undefined) return own;
    const other = product(auxiliary, at(places.auxiliary, gate), 'auxiliary');
    return op.emit('Add', [own, other], { suffix: `${label}/both` });
  });
}

/** The step on `[gate inputs…]` and `[output, cell]`. */
export function lstmStep(outer: Op, places: Places): Step {
  const gates = gatesOf(outer, places);
  const hasNormal = places.normal >= 0 && outer.hasInput(at(places.normal, 'forget'));
  const constants = new Map<string, string>();
  const constant = (name: string, tensor: Tensor) => {
    const known = constants.get(name) ?? outer.make(name, tensor);
    constants.set(name, known);
    return known;
  };
  return (op, inputs, [hidden = '', cell = '']) => {
    const emit = (suffix: string, opType: string, values: readonly string[]) =>
      op.emit(opType, values, { suffix });
    const sum = (gate: Gate, state: string): string => {
      const recurrent = constant(`${gate}/recurrent`, turned(needed(outer, at(places.recurrent, gate))));
      const own = inputs[gates.indexOf(gate)] ?? '';
      let total = emit(`${gate}/sum`, 'Add', [
        own,
        emit(`${gate}/recurrent_in`, 'MatMul', [hidden, recurrent]),
      ]);
      const peephole = gate === 'cell' ? undefined : weight(outer, peepholeAt(places, gate));
      if (peephole !== undefined) {
        const seen = emit(`${gate}/peephole_in`, 'Mul', [state, constant(`${gate}/peephole`, peephole)]);
        total = emit(`${gate}/peeped`, 'Add', [total, seen]);
      }
      if (hasNormal) {
        const scale = constant(`${gate}/normal`, needed(outer, at(places.normal, gate)));
        total = op.emit('LayerNormalization', [total, scale], {
          suffix: `${gate}/normalized`,
          attributes: { axis: int(-1), epsilon: float(EPSILON) },
        });
      }
      const bias = weight(outer, at(places.bias, gate));
      return bias === undefined
        ? total
        : emit(`${gate}/biased`, 'Add', [total, constant(`${gate}/bias`, bias)]);
    };
    const forget = emit('forget', 'Sigmoid', [sum('forget', cell)]);
    const update = gates.includes('input')
      ? emit('input', 'Sigmoid', [sum('input', cell)])
      : emit('input', 'Sub', [op.numbers('one', 'float32', [1]), forget]);
    const candidate = activation(op, sum('cell', cell), 'candidate');
    const kept = emit('kept', 'Mul', [forget, cell]);
    const added = emit('added', 'Mul', [update, candidate]);
    const clipped = limit(op, emit('cell_sum', 'Add', [kept, added]), op.float('cellClip', 0), 'cell_clip');
    const next = op.requantized(places.cell, clipped, 'cell_state');
    const gate = emit('output', 'Sigmoid', [sum('output', next)]);
    let result = emit('hidden', 'Mul', [gate, activation(op, next, 'activated')]);
    const projection = weight(outer, places.projection);
    if (projection !== undefined) {
      const product = emit('projected', 'MatMul', [result, constant('projection', turned(projection))]);
      const bias = weight(outer, places.projection + 1);
      result = bias ? emit('projected_bias', 'Add', [product, constant('projection/bias', bias)]) : product;
      result = limit(op, result, op.float('projClip', 0), 'projection_clip');
    }
    return [op.requantized(places.output, result, 'output_state'), next];
  };
}

function peepholeAt({ peephole }: Places, gate: Gate): number {
  return peephole + ['input', 'forget', 'output'].indexOf(gate);
}

export function activation(op: Op, value: string, suffix: string): string {
  switch (op.word('fusedActivationFunction', 'TANH')) {
    case 'NONE':
      return value;
    case 'RELU':
      return op.emit('Relu', [value], { suffix });
    case 'RELU6':
      return op.emit('Clip', [value, op.numbers('zero', 'float32', [0]), op.numbers('six', 'float32', [6])], {
        suffix,
      });
    case 'RELU_N1_TO_1':
      return limit(op, value, 1, suffix);
    case 'TANH':
      return op.emit('Tanh', [value], { suffix });
    default:
      return op.refuse(`its activation is ${op.word('fusedActivationFunction')}`);
  }
}

function limit(op: Op, value: string, bound: number, suffix: string): string {
  if (bound <= 0) return value;
  const [least, most] = [-bound, bound].map((edge) => op.numbers(`${suffix}/edge`, 'float32', [edge]));
  return op.emit('Clip', [value, least ?? '', most ?? ''], { suffix });
}

/** What ONNX's own LSTM says: no projection, no normalization, nothing quantized, a clip that nothing reaches. */
function isPlain(op: Op, places: Places, steps: number): boolean {
  const clip = op.float('cellClip', 0);
  // A cell grows by less than one each step.
  const isReached = clip > 0 && steps >= clip;
  const isFloat =
    op.input(places.output).quantization === undefined && op.output().quantization === undefined;
  return (
    op.word('fusedActivationFunction', 'TANH') === 'TANH' &&
    gatesOf(op, places).length === GATES.length &&
    !op.hasInput(places.projection) &&
    !(places.normal >= 0 && op.hasInput(at(places.normal, 'forget'))) &&
    !isReached &&
    isFloat
  );
}

/** https://onnx.ai/onnx/operators/onnx__LSTM.html: gates in the order input, output, forget, cell. */
function fused(op: Op, suffix: string, x: string, places: Places, isBackwards: boolean): string {
  const order: readonly Gate[] = ['input', 'output', 'forget', 'cell'];
  const gather = (first: number) =>
    stack(
      op,
      order.map((gate) => needed(op, at(first, gate))),
    );
  const directed = (tensor: Tensor) => ({ ...tensor, dims: [1, ...tensor.dims] });
  const [kernel, recurrent] = [gather(places.input), gather(places.recurrent)];
  const units = recurrent.dims[1] ?? 0;
  const bias = stack(op, [
    ...order.map((gate) => weight(op, at(places.bias, gate)) ?? zeros(units)),
    zeros(4 * units),
  ]);
  const eyes = (['input', 'output', 'forget'] as const).map((gate) => weight(op, peepholeAt(places, gate)));
  const peephole = eyes.some(Boolean)
    ? op.make(
        `${suffix}peephole`,
        directed(
          stack(
            op,
            eyes.map((eye) => eye ?? float32([units], new Float32Array(units))),
          ),
        ),
      )
    : '';
  const state = (index: number, name: string) => {
    const value = initialState(op, index);
    if (op.input(index).isVariable && !op.keepsState) return '';
    return op.emit('Unsqueeze', [value, op.ints(`${name}/axes`, [0])], { suffix: name });
  };
  const inputs = [
    x,
    op.make(`${suffix}kernel`, directed(kernel)),
    op.make(`${suffix}recurrent`, directed(recurrent)),
    op.make(`${suffix}bias`, directed(bias)),
    '',
    state(places.output, `${suffix}initial_output`),
    state(places.cell, `${suffix}initial_cell`),
    peephole,
  ];
  while (inputs.at(-1) === '') inputs.pop();
  const direction = isBackwards ? { direction: string('reverse') } : {};
  const [all = '', output = '', cell = ''] = op.emitAll('LSTM', inputs, op.keepsState ? 3 : 1, {
    suffix: suffix === '' ? '' : suffix.slice(0, -1),
    attributes: { hidden_size: int(units), ...direction },
  });
  if (op.keepsState) {
    const last = (value: string, name: string) =>
      op.emit('Squeeze', [value, op.ints(`${suffix}${name}/axes`, [0])], { suffix: `${suffix}${name}` });
    op.keep(places.output, last(output, 'last_output'));
    op.keep(places.cell, last(cell, 'last_cell'));
  }
  return op.emit('Squeeze', [all, op.ints(`${suffix}direction`, [1])], { suffix: `${suffix}all` });
}
