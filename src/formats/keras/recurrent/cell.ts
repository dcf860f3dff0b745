// What one recurrent cell is: the ONNX operator it becomes, its weights as Keras stores them, and its activations.
// https://keras.io/api/layers/recurrent_layers/ and https://onnx.ai/onnx/operators/onnx__LSTM.html

import { readActivation } from '../activations.ts';
import type { LayerConfig } from '../config.ts';
import type { WeightSlot } from '../layer.ts';
import type { Dialect } from '../spec.ts';

export type Cell = {
  readonly op: 'LSTM' | 'GRU' | 'RNN';
  readonly config: LayerConfig;
  /** In front of the names of its weights, where a layer has several cells. */
  readonly prefix: string;
  readonly units: number;
  /**
   * fused: one array for all gates. separate: an array per gate, as Keras 1 keeps them unless told otherwise.
   * cudnn: fused, each gate in the memory order of cuDNN, and a second bias for the recurrent half.
   */
  readonly storage: 'fused' | 'separate' | 'cudnn';
  readonly hasBias: boolean;
  /** The GRU multiplies by the reset gate after its matrix product, and has a bias there. */
  readonly isResetAfter: boolean;
};

/** Gates in the order of the fused arrays; ONNX has them in that of `onnx`. */
type Gates = { readonly keras: string; readonly onnx: string; readonly separate: string };

export const GATES: Readonly<Record<Cell['op'], Gates>> = {
  // Keras calls the cell's own input c; `separate` is the order of Keras 1.
  LSTM: { keras: 'ifco', onnx: 'iofc', separate: 'icfo' },
  GRU: { keras: 'zrh', onnx: 'zrh', separate: 'zrh' },
  RNN: { keras: 'h', onnx: 'h', separate: 'h' },
};

const OPS: Readonly<Record<string, Cell['op']>> = {
  SimpleRNN: 'RNN',
  SimpleRNNCell: 'RNN',
  GRU: 'GRU',
  GRUCell: 'GRU',
  CuDNNGRU: 'GRU',
  LSTM: 'LSTM',
  LSTMCell: 'LSTM',
  CuDNNLSTM: 'LSTM',
};

export function isCell(className: string): boolean {
  return Object.hasOwn(OPS, className);
}

export function readCell(className: string, config: LayerConfig, prefix = ''): Cell {
  const op = OPS[className] ?? 'RNN';
  // Said only by Keras 1, where `gpu` means fused.
  const consumed = config.get('consume_less');
  const isCudnn = className.startsWith('CuDNN');
  const isSeparate = op !== 'RNN' && typeof consumed === 'string' && consumed !== 'gpu';
  return {
    op,
    config,
    prefix,
    units: config.integer('units', undefined),
    storage: isCudnn ? 'cudnn' : isSeparate ? 'separate' : 'fused',
    hasBias: isCudnn || config.boolean('use_bias', true),
    isResetAfter: op === 'GRU' && (isCudnn || config.boolean('reset_after', false)),
  };
}

export function cellSlots(cell: Cell): WeightSlot[] {
  const parts = ['kernel', 'recurrent_kernel', ...(cell.hasBias ? ['bias'] : [])];
  const gates = cell.storage === 'separate' ? [...GATES[cell.op].separate] : [''];
  return gates.flatMap((gate) =>
    parts.map((part) => ({ name: slotName(cell, part, gate), isTrained: true })),
  );
}

export function slotName({ prefix }: Cell, part: string, gate: string): string {
  return `${prefix}${part}${gate === '' ? '' : `_${gate}`}`;
}

export type OnnxActivation = { readonly name: string; readonly alpha?: number; readonly beta?: number };

/** One per place the operator has: gates first. */
export function cellActivations({ op, config, storage }: Cell, dialect: Dialect): OnnxActivation[] {
  // cuDNN knows no others.
  if (storage === 'cudnn') return op === 'GRU' ? [SIGMOID, TANH] : [SIGMOID, TANH, TANH];
  const read = (key: string, unsaid: string) =>
    onnxActivation(config.get(key) === undefined ? unsaid : config.get(key), dialect) ?? TANH;
  const own = read('activation', 'tanh');
  if (op === 'RNN') return [own];
  // Files always say it; Keras 1 as inner_activation.
  const gates = read('recurrent_activation', dialect.major >= 3 ? 'sigmoid' : 'hard_sigmoid');
  return op === 'GRU' ? [gates, own] : [gates, own, own];
}

/** Why the operator cannot be this cell; undefined when it can. */
export function cellProblem({ op, config, storage }: Cell, dialect: Dialect): string | undefined {
  if (storage === 'cudnn') return undefined;
  for (const key of op === 'RNN' ? ['activation'] : ['activation', 'recurrent_activation']) {
    const value = config.get(key);
    if (value !== undefined && onnxActivation(value, dialect) === undefined) {
      const activation = readActivation(value);
      const name =
        activation.kind === 'layer' ? activation.className : 'name' in activation ? activation.name : '';
      return `its ${key} ${name} is none that ONNX's ${op} can apply`;
    }
  }
  return undefined;
}

const TANH: OnnxActivation = { name: 'Tanh' };
const SIGMOID: OnnxActivation = { name: 'Sigmoid' };

function onnxActivation(value: unknown, dialect: Dialect): OnnxActivation | undefined {
  const activation = readActivation(value);
  if (activation.kind === 'none') return { name: 'Affine', alpha: 1, beta: 0 };
  if (activation.kind !== 'named') return undefined;
  // Keras 1 and 2: clip(0.2 x + 0.5, 0, 1). Keras 3: relu6(x + 3) / 6.
  const slope = dialect.major >= 3 ? 1 / 6 : 0.2;
  const known: Readonly<Record<string, OnnxActivation>> = {
    tanh: TANH,
    sigmoid: SIGMOID,
    relu: { name: 'Relu' },
    hard_sigmoid: { name: 'HardSigmoid', alpha: slope, beta: 0.5 },
    elu: { name: 'Elu', alpha: 1 },
    leaky_relu: { name: 'LeakyRelu', alpha: 0.2 },
    softsign: { name: 'Softsign' },
    softplus: { name: 'Softplus' },
  };
  return Object.hasOwn(known, activation.name) ? known[activation.name] : undefined;
}
