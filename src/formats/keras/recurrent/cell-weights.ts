// Brings the weights of recurrent cells into the arrays of ONNX: rows per gate, in ONNX's order of gates, and one
// slice per direction.

import { elementCount, type Tensor, type TypedArray } from '../../../graph/tensor.ts';
import type { Layer, Parameter, WeightPart } from '../layer.ts';
import { type Cell, GATES, slotName } from './cell.ts';

export type CellWeights = {
  /** (directions, gates * units, features) */
  readonly kernel: Parameter;
  readonly recurrent: Parameter;
  /** (directions, 2 * gates * units); undefined when no direction has one. */
  readonly bias: Parameter | undefined;
};

/** One cell, or one per direction; all of the same operator and size. */
export function cellWeights(layer: Layer, cells: readonly Cell[], features: number | null): CellWeights {
  const [first] = cells;
  if (first === undefined) return layer.fail('it has no cell');
  const label = (part: string) => `${first.prefix}${part}`;
  const kernels = cells.flatMap((cell) => partsOf(cell, 'kernel', [features]));
  const recurrent = cells.flatMap((cell) => partsOf(cell, 'recurrent_kernel', [cell.units]));
  const biases = cells.flatMap((cell) => (cell.hasBias ? partsOf(cell, 'bias', biasDims(cell)) : []));
  return {
    kernel: layer.combined(label('W'), kernels, (tensors) => matrices(cells, tensors)),
    recurrent: layer.combined(label('R'), recurrent, (tensors) => matrices(cells, tensors)),
    bias:
      biases.length === 0
        ? undefined
        : layer.combined(label('B'), biases, (tensors) => biasVectors(cells, tensors)),
  };
}

function partsOf(cell: Cell, part: string, leading: readonly (number | null)[]): WeightPart[] {
  const { keras } = GATES[cell.op];
  if (cell.storage === 'separate') {
    return [...keras].map((gate) => ({ slot: slotName(cell, part, gate), dims: [...leading, cell.units] }));
  }
  const width = keras.length * cell.units;
  if (part === 'bias' && cell.storage === 'cudnn')
    return [{ slot: slotName(cell, part, ''), dims: [2 * width] }];
  return [{ slot: slotName(cell, part, ''), dims: [...leading, width] }];
}

function biasDims(cell: Cell): number[] {
  return cell.isResetAfter && cell.storage === 'fused' ? [2] : [];
}

/** Rows of the result are the columns Keras has: unit `unit` of gate `gate`. */
function matrices(cells: readonly Cell[], tensors: readonly Tensor[]): Tensor {
  const per = tensors.length / cells.length;
  const [{ dims: [features = 1] = [], dtype } = { dtype: 'float32' as const }] = tensors;
  const { units = 1, op = 'RNN' } = cells[0] ?? {};
  const { keras, onnx } = GATES[op];
  return filled(dtype, [cells.length, onnx.length * units, features], tensors, (target) => {
    let to = 0;
    for (const [direction, cell] of cells.entries()) {
      for (const letter of onnx) {
        const gate = keras.indexOf(letter);
        const source = tensors[direction * per + (per > 1 ? gate : 0)]?.data as TypedArray;
        const width = per > 1 ? units : keras.length * units;
        const start = per > 1 ? 0 : gate * units;
        for (let unit = 0; unit < units; unit++) {
          for (let row = 0; row < features; row++) {
            // cuDNN keeps the (features, units) numbers of a gate as (units, features).
            const at = unit * features + row;
            const from =
              cell.storage === 'cudnn'
                ? Math.floor(at / units) * width + start + (at % units)
                : row * width + start + unit;
            target[to++] = source[from] as never;
          }
        }
      }
    }
  });
}

/** First the bias of the input half, then that of the recurrent half, which is zero where Keras has only one. */
function biasVectors(cells: readonly Cell[], tensors: readonly Tensor[]): Tensor {
  const { units = 1, op = 'RNN' } = cells[0] ?? {};
  const { keras, onnx } = GATES[op];
  const width = onnx.length * units;
  const [{ dtype } = { dtype: 'float32' as const }] = tensors;
  return filled(dtype, [cells.length, 2 * width], tensors, (target) => {
    let next = 0;
    for (const [direction, cell] of cells.entries()) {
      if (!cell.hasBias) continue;
      const own = tensors.slice(next, cell.storage === 'separate' ? next + keras.length : next + 1);
      next += own.length;
      const stored = new Float64Array(2 * width);
      let at = 0;
      for (const { data } of own) for (const value of data as Float32Array) stored[at++] = value;
      for (let half = 0; half < 2; half++) {
        for (const [place, letter] of [...onnx].entries()) {
          for (let unit = 0; unit < units; unit++) {
            const to = (direction * 2 + half) * width + place * units + unit;
            target[to] = (stored[half * width + keras.indexOf(letter) * units + unit] ?? 0) as never;
          }
        }
      }
    }
  });
}

/** A tensor of these dims; without data when the weights are only described. */
function filled(
  dtype: Tensor['dtype'],
  dims: readonly number[],
  from: readonly Tensor[],
  fill: (target: TypedArray) => void,
): Tensor {
  const isDescribed = from.some((tensor) => tensor.data.length === 0 && elementCount(tensor.dims) > 0);
  if (isDescribed) return { dtype, dims, data: new Float32Array(0) };
  const sample = from[0]?.data as TypedArray;
  const target = new (sample.constructor as new (length: number) => TypedArray)(elementCount(dims));
  fill(target);
  return { dtype, dims, data: target };
}
