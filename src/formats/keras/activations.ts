// Every built-in activation of Keras 1 to 3 by name.
// https://keras.io/api/layers/activations/

import { float, int, string } from '../../graph/attribute.ts';
import type { Attribute } from '../../graph/model.ts';
import { isRecord } from './json-shape.ts';
import type { Layer, Value } from './layer.ts';
import type { Dialect } from './spec.ts';

/** What an `activation` key says. */
export type Activation =
  | { readonly kind: 'none' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'layer'; readonly className: string; readonly config: Readonly<Record<string, unknown>> }
  | { readonly kind: 'custom'; readonly name: string };

export function readActivation(value: unknown): Activation {
  if (value === null || value === undefined || value === 'linear') return { kind: 'none' };
  if (typeof value === 'string') return named(value);
  if (!isRecord(value)) return { kind: 'custom', name: String(value) };
  const { class_name: className, config } = value;
  // A function is written as an object with its name where the configuration of a class would be.
  if (typeof config === 'string') return config === 'linear' ? { kind: 'none' } : named(config);
  if (className === 'Activation' && isRecord(config)) return readActivation(config.activation);
  if (typeof className === 'string' && isRecord(config)) return { kind: 'layer', className, config };
  return { kind: 'custom', name: String(className ?? 'unnamed') };
}

function named(name: string): Activation {
  return Object.hasOwn(formulas, name) ? { kind: 'named', name } : { kind: 'custom', name };
}

/** Applies a built-in activation; the node it ends with is called `suffix`, or like the layer when that is ''. */
export function applyNamed(layer: Layer, value: Value, name: string, suffix: string): Value {
  const formula = formulas[name];
  if (formula === undefined) return layer.fail(`activation ${name} is not known`);
  const label = (part: string) => (suffix === '' ? part : `${suffix}/${part}`);
  const steps: Steps = {
    value,
    dialect: layer.dialect,
    end: (opType, inputs, attributes = {}) =>
      layer.add(opType, inputs, suffix === '' ? { attributes } : { suffix, attributes }),
    step: (part, opType, inputs, attributes = {}) =>
      layer.add(opType, inputs, { suffix: label(part), attributes }),
    pair: (part, opType, inputs, attributes) =>
      layer.addAll(opType, inputs, 2, { suffix: label(part), attributes }),
    number: (part, number) => layer.number(label(part), number),
    ints: (part, numbers) => layer.ints(label(part), numbers),
    fail: layer.fail,
  };
  const result = formula(steps, value.name);
  const shape = name === 'glu' ? value.shape.with(-1, halfOf(value, layer)) : value.shape;
  return { ...value, shape, name: result };
}

function halfOf(value: Value, layer: Layer) {
  const last = value.shape.at(-1);
  if (typeof last !== 'number' || last % 2 !== 0) return layer.fail('glu needs an even last axis');
  return last / 2;
}

type Attributes = Readonly<Record<string, Attribute>>;

type Steps = {
  readonly value: Value;
  readonly dialect: Dialect;
  end(opType: string, inputs: readonly string[], attributes?: Attributes): string;
  step(part: string, opType: string, inputs: readonly string[], attributes?: Attributes): string;
  /** A step with two outputs. */
  pair(part: string, opType: string, inputs: readonly string[], attributes: Attributes): readonly string[];
  number(part: string, value: number): string;
  ints(part: string, values: readonly number[]): string;
  fail(problem: string): never;
};

type Formula = (steps: Steps, x: string) => string;

const one = (opType: string, attributes: Attributes = {}): Formula => {
  return ({ end }, x) => end(opType, [x], attributes);
};

const softmax = (opType: string): Formula => {
  return ({ end, value, fail }, x) => {
    if (value.shape.length < 2) fail('softmax needs an input with at least two axes');
    return end(opType, [x], { axis: int(-1) });
  };
};

const clip = (low: number, high: number): Formula => {
  return ({ end, number }, x) => end('Clip', [x, number('min', low), number('max', high)]);
};

// Keras 1 and 2: clip(0.2 x + 0.5, 0, 1). Keras 3: relu6(x + 3) / 6.
const hardSigmoid: Formula = ({ end, dialect }, x) =>
  end('HardSigmoid', [x], { alpha: float(dialect.major >= 3 ? 1 / 6 : 0.2), beta: float(0.5) });

const swish: Formula = ({ end, step }, x) => end('Mul', [x, step('sigmoid', 'Sigmoid', [x])]);

const formulas: Readonly<Record<string, Formula>> = {
  relu: one('Relu'),
  relu6: clip(0, 6),
  leaky_relu: one('LeakyRelu', { alpha: float(0.2) }),
  elu: one('Elu', { alpha: float(1) }),
  celu: one('Celu', { alpha: float(1) }),
  // The constants of https://arxiv.org/abs/1706.02515, to double precision.
  selu: one('Selu', { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) }),
  gelu: one('Gelu', { approximate: string('none') }),
  gelu_new: one('Gelu', { approximate: string('tanh') }),
  sigmoid: one('Sigmoid'),
  tanh: one('Tanh'),
  softplus: one('Softplus'),
  softsign: one('Softsign'),
  exponential: one('Exp'),
  mish: one('Mish'),
  silu: swish,
  swish,
  hard_sigmoid: hardSigmoid,
  hard_silu: one('HardSwish'),
  hard_swish: one('HardSwish'),
  softmax: softmax('Softmax'),
  softmax_v2: softmax('Softmax'),
  log_softmax: softmax('LogSoftmax'),
  hard_tanh: clip(-1, 1),
  hard_shrink: one('Shrink', { lambd: float(0.5), bias: float(0) }),
  soft_shrink: one('Shrink', { lambd: float(0.5), bias: float(0.5) }),
  tanh_shrink: ({ end, step }, x) => end('Sub', [x, step('tanh', 'Tanh', [x])]),
  // log(sigmoid(x)) without its underflow.
  log_sigmoid: ({ end, step }, x) => end('Neg', [step('softplus', 'Softplus', [step('neg', 'Neg', [x])])]),
  // https://arxiv.org/abs/1612.08083: the first half of the last axis, gated by the second.
  glu: ({ end, step, pair }, x) => {
    const [values = '', gates = ''] = pair('split', 'Split', [x], { axis: int(-1), num_outputs: int(2) });
    return end('Mul', [values, step('sigmoid', 'Sigmoid', [gates])]);
  },
  // (x + sqrt(x² + 4)) / 2, https://arxiv.org/abs/2112.11687
  squareplus: ({ end, step, number }, x) => {
    const squared = step('square', 'Mul', [x, x]);
    const root = step('sqrt', 'Sqrt', [step('shift', 'Add', [squared, number('b', 4)])]);
    return end('Mul', [step('sum', 'Add', [x, root]), number('half', 0.5)]);
  },
  // 0 below -1, x above 1, (x + 1)² / 4 between.
  sparse_plus: ({ end, step, number }, x) => {
    const one = number('one', 1);
    const inside = step('clip', 'Clip', [x, number('minus_one', -1), one]);
    const shifted = step('shift', 'Add', [inside, one]);
    const square = step('square', 'Mul', [shifted, shifted]);
    const curve = step('curve', 'Mul', [square, number('quarter', 0.25)]);
    return end('Add', [curve, step('above', 'Relu', [step('excess', 'Sub', [x, one])])]);
  },
  sparse_sigmoid: ({ end, step, number }, x) => {
    const shifted = step('shift', 'Add', [x, number('one', 1)]);
    const half = step('half', 'Mul', [shifted, number('factor', 0.5)]);
    return end('Clip', [half, number('min', 0), number('max', 1)]);
  },
  // https://arxiv.org/abs/1602.02068, algorithm 1, along the last axis.
  sparsemax: (steps, x) => {
    const { end, step, pair, number, ints, value } = steps;
    const size = value.shape.at(-1);
    if (typeof size !== 'number') return steps.fail('sparsemax needs a last axis of known length');
    const axis = ints('axis', [-1]);
    const [top = ''] = pair('sort', 'TopK', [x, ints('k', [size])], { axis: int(-1) });
    const sums = step('sums', 'CumSum', [top, step('last', 'Squeeze', [axis])]);
    // 1, 2 … along the last axis: the running sum of ones.
    const ones = step('ones', 'Add', [step('zeros', 'Mul', [top, number('zero', 0)]), number('one', 1)]);
    const ranks = step('ranks', 'CumSum', [ones, step('last_too', 'Squeeze', [axis])]);
    const bound = step('bound', 'Add', [number('one', 1), step('ranked', 'Mul', [ranks, top])]);
    const kept = step('kept', 'Greater', [bound, sums]);
    const none = number('zero', 0);
    const count = step('count', 'ReduceSum', [step('keep', 'Where', [kept, ones, none]), axis]);
    const total = step('total', 'ReduceSum', [step('support', 'Where', [kept, top, none]), axis]);
    const tau = step('tau', 'Div', [step('over', 'Sub', [total, number('one', 1)]), count]);
    return end('Relu', [step('minus', 'Sub', [x, tau])]);
  },
};

/** Names people can be offered when one is not known. */
export const activationNames: readonly string[] = ['linear', ...Object.keys(formulas)].sort();
