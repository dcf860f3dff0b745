// One step of each recurrent cell, in ONNX words.
// https://onnx.ai/onnx/operators/onnx__LSTM.html, …GRU, …RNN: the equations are those pages'.

import { float } from '../../../graph/attribute.ts';
import type { Attribute } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import { float32, type Tensor } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';

export type Steps = {
  readonly add: (opType: string, inputs: readonly string[], attributes?: Record<string, Attribute>) => string;
  readonly split: (value: string, parts: number) => string[];
  readonly constant: (tensor: Tensor) => string;
  readonly number: (value: number) => string;
};

export type Activation = (b: Steps, value: string) => string;

export type Settings = {
  readonly units: number;
  readonly clip: number;
  readonly isCoupled: boolean;
  readonly isResetAfter: boolean;
  readonly activations: readonly Activation[];
  /** [gates·units, units]. */
  readonly recurrent: Tensor;
  /** Bias that has to be added inside the loop; empty when none. */
  readonly inside: Float32Array;
  readonly peepholes: Tensor | undefined;
};

export type Cell = {
  readonly gates: number;
  readonly states: number;
  readonly activations: readonly string[];
  /** Which part of the two biases can be added to all steps at once. */
  readonly biases: (
    ofInputs: Float32Array,
    ofStates: Float32Array,
    units: number,
    resetAfter: number,
  ) => { readonly outside: Float32Array; readonly inside: Float32Array };
  /** The next states from those before and the step's part of the product with the inputs; the first is the result. */
  readonly step: (b: Steps, states: readonly string[], gates: string, settings: Settings) => string[];
};

const none = new Float32Array(0);

export const cells: Readonly<Record<string, Cell>> = {
  RNN: {
    gates: 1,
    states: 1,
    activations: ['Tanh'],
    biases: (a, b) => ({ outside: sum(a, b), inside: none }),
    step(b, [h = ''], gates, settings) {
      const total = b.add('Add', [gates, product(b, h, settings.recurrent)]);
      return [activate(b, total, settings, 0)];
    },
  },
  LSTM: {
    gates: 4,
    states: 2,
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    biases: (a, b) => ({ outside: sum(a, b), inside: none }),
    step(b, [h = '', c = ''], gates, settings) {
      const total = b.add('Add', [gates, product(b, h, settings.recurrent)]);
      const [i = '', o = '', f = '', g = ''] = b.split(total, 4);
      const peep = (value: string, cell: string, at: number) => {
        const held = settings.peepholes;
        if (held === undefined) return value;
        const { units } = settings;
        const part = (held.data as Float32Array).subarray(at * units, (at + 1) * units);
        return b.add('Add', [value, b.add('Mul', [cell, b.constant(float32([units], part))])]);
      };
      const input = activate(b, peep(i, c, 0), settings, 0);
      const forget = settings.isCoupled
        ? b.add('Sub', [b.number(1), input])
        : activate(b, peep(f, c, 2), settings, 0);
      const candidate = activate(b, g, settings, 1);
      const next = b.add('Add', [b.add('Mul', [forget, c]), b.add('Mul', [input, candidate])]);
      const output = activate(b, peep(o, next, 1), settings, 0);
      const shown = (settings.activations[2] ?? identity)(b, next);
      return [b.add('Mul', [output, shown]), next];
    },
  },
  GRU: {
    gates: 3,
    states: 1,
    activations: ['Sigmoid', 'Tanh'],
    biases(a, b, units, resetAfter) {
      if (resetAfter === 0) return { outside: sum(a, b), inside: none };
      const outside = Float32Array.from(a, (value, at) => (at < 2 * units ? value + (b[at] ?? 0) : value));
      const inside = Float32Array.from(b, (value, at) => (at < 2 * units ? 0 : value));
      return { outside, inside };
    },
    step(b, [h = ''], gates, settings) {
      const { units, recurrent, inside } = settings;
      const blend = (z: string, n: string) => {
        // (1 − z)·n + z·h
        return b.add('Add', [n, b.add('Mul', [z, b.add('Sub', [h, n])])]);
      };
      if (settings.isResetAfter) {
        let states = product(b, h, recurrent);
        if (inside.some((value) => value !== 0))
          states = b.add('Add', [states, b.constant(float32([3 * units], inside))]);
        const [xz = '', xr = '', xn = ''] = b.split(gates, 3);
        const [hz = '', hr = '', hn = ''] = b.split(states, 3);
        const z = activate(b, b.add('Add', [xz, hz]), settings, 0);
        const r = activate(b, b.add('Add', [xr, hr]), settings, 0);
        const n = activate(b, b.add('Add', [xn, b.add('Mul', [r, hn])]), settings, 1);
        return [blend(z, n)];
      }
      const [xz = '', xr = '', xn = ''] = b.split(gates, 3);
      const z = activate(b, b.add('Add', [xz, product(b, h, rows(recurrent, 0, units))]), settings, 0);
      const r = activate(
        b,
        b.add('Add', [xr, product(b, h, rows(recurrent, units, 2 * units))]),
        settings,
        0,
      );
      const reset = b.add('Mul', [r, h]);
      const n = activate(
        b,
        b.add('Add', [xn, product(b, reset, rows(recurrent, 2 * units, 3 * units))]),
        settings,
        1,
      );
      return [blend(z, n)];
    },
  },
};

function sum(a: Float32Array, b: Float32Array): Float32Array {
  return Float32Array.from(a, (value, at) => value + (b[at] ?? 0));
}

function rows(tensor: Tensor, from: number, to: number): Tensor {
  const [, width = 1] = tensor.dims;
  return float32([to - from, width], (tensor.data as Float32Array).subarray(from * width, to * width));
}

function product(b: Steps, h: string, weights: Tensor): string {
  return b.add('MatMul', [h, b.constant(permute(weights, [1, 0]))]);
}

const identity: Activation = (_, value) => value;

function activate(b: Steps, value: string, settings: Settings, at: number): string {
  const { clip } = settings;
  const limited = clip > 0 ? b.add('Clip', [value, b.number(-clip), b.number(clip)]) : value;
  return (settings.activations[at] ?? identity)(b, limited);
}

type Row = {
  readonly alpha?: number;
  readonly beta?: number;
  readonly make: (b: Steps, x: string, alpha: number, beta: number) => string;
};

const plain = (opType: string): Row => ({ make: (b, x) => b.add(opType, [x]) });
const withAlpha = (opType: string, alpha: number): Row => ({
  alpha,
  make: (b, x, given) => b.add(opType, [x], { alpha: float(given) }),
});

const table: Readonly<Record<string, Row>> = {
  relu: plain('Relu'),
  tanh: plain('Tanh'),
  sigmoid: plain('Sigmoid'),
  softsign: plain('Softsign'),
  softplus: plain('Softplus'),
  elu: withAlpha('Elu', 1),
  leakyrelu: withAlpha('LeakyRelu', 0.01),
  thresholdedrelu: withAlpha('ThresholdedRelu', 1),
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    make: (b, x, alpha, beta) => b.add('HardSigmoid', [x], { alpha: float(alpha), beta: float(beta) }),
  },
  affine: {
    alpha: 1,
    beta: 0,
    make: (b, x, alpha, beta) => b.add('Add', [b.add('Mul', [x, b.number(alpha)]), b.number(beta)]),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    make: (b, x, alpha, beta) =>
      b.add('Mul', [b.add('Tanh', [b.add('Mul', [x, b.number(beta)])]), b.number(alpha)]),
  },
};

/** The functions of one direction; their alphas and betas are listed for those that have them. */
export function activationsOf(build: Build, way: number, cell: Cell): Activation[] {
  const given = build.node.attributes.get('activations');
  const names = given?.type === 'strings' ? given.value : [...cell.activations, ...cell.activations];
  const list = (name: string) => {
    const found = build.node.attributes.get(name);
    return found?.type === 'floats' ? [...found.value] : [];
  };
  const alphas = list('activation_alpha');
  const betas = list('activation_beta');
  const all = names.map((name): Activation => {
    const row = table[name.toLowerCase()];
    if (row === undefined) return build.refuse(`the activation ${name}`);
    const alpha = row.alpha === undefined ? 0 : (alphas.shift() ?? row.alpha);
    const beta = row.beta === undefined ? 0 : (betas.shift() ?? row.beta);
    return (b, x) => row.make(b, x, alpha, beta);
  });
  return all.slice(way * cell.activations.length, (way + 1) * cell.activations.length);
}
