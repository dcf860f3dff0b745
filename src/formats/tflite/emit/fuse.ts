// What operators take into themselves, looked for once a subgraph is complete:
//
//   1. FULLY_CONNECTED(x, w) + constant with one number per output → the bias
//   2. BATCH_MATMUL(a, TRANSPOSE(b)) of the last two axes → adjY
//   3. an activation after an operator that has one built in, when nothing else reads what is between; what only puts
//      the elements in another order may stand there, such as the SQUEEZE after a convolution over one axis

import { tensorFromBytes } from '../../../graph/tensor.ts';
import type { OpenOperator } from './emission.ts';
import { reorders } from './move-codes.ts';
import { makersOf, type Part, readersOf } from './part.ts';

export function fuse(part: Part): void {
  addBias(part);
  turnProducts(part);
  fuseActivations(part);
}

/** CONCATENATION has the field, but its kernel takes NONE only. */
const hosts = new Set([
  'ADD',
  'AVERAGE_POOL_2D',
  'CONV_2D',
  'CONV_3D',
  'DEPTHWISE_CONV_2D',
  'DIV',
  'FULLY_CONNECTED',
  'MAX_POOL_2D',
  'MUL',
  'SUB',
]);

/** Named alike as operators and in the field. */
const activations = new Set(['RELU', 'RELU6', 'RELU_N1_TO_1']);

function fuseActivations(part: Part): void {
  const [readers, makers] = [readersOf(part), makersOf(part)];
  const gone = new Set<OpenOperator>();
  for (const operator of part.operators) {
    if (!activations.has(operator.opcode)) continue;
    const [input = -1] = operator.inputs;
    const isInner = (index: number) => readers.get(index)?.length === 1 && !part.outputs.includes(index);
    if (!isInner(input)) continue;
    const last = makers.get(input);
    let maker = last;
    while (maker !== undefined && reorders.has(maker.opcode)) {
      const [before = -1] = maker.inputs;
      maker = isInner(before) && part.tensors[before]?.type === 'float32' ? makers.get(before) : undefined;
    }
    if (last === undefined || maker === undefined || !hosts.has(maker.opcode)) continue;
    if ((maker.options.fusedActivationFunction ?? 'NONE') !== 'NONE') continue;
    if (part.tensors[input]?.type !== 'float32' && part.tensors[input]?.quantization === undefined) continue;
    maker.options.fusedActivationFunction = operator.opcode;
    last.outputs = [...operator.outputs];
    makers.set(operator.outputs[0] ?? -1, last);
    gone.add(operator);
  }
  part.operators = part.operators.filter((operator) => !gone.has(operator));
}

function addBias(part: Part): void {
  const [readers, makers] = [readersOf(part), makersOf(part)];
  // By the ADD they replace: it stands behind whatever makes the bias, such as a DEQUANTIZE.
  const moved = new Map<OpenOperator, OpenOperator>();
  for (const operator of part.operators) {
    if (operator.opcode !== 'ADD') continue;
    for (const [data = -1, other = -1] of [operator.inputs, [...operator.inputs].reverse()]) {
      const maker = makers.get(data);
      if (maker?.opcode !== 'FULLY_CONNECTED' || maker.inputs[2] !== -1) continue;
      if (readers.get(data)?.length !== 1 || part.outputs.includes(data)) continue;
      if ((maker.options.fusedActivationFunction ?? 'NONE') !== 'NONE') continue;
      const bias = part.tensors[other];
      const [rows] = part.tensors[maker.inputs[1] ?? -1]?.shape ?? [];
      const length = bias?.shape?.at(-1);
      const isConstant = bias?.data !== undefined || isCodedConstant(other, part, makers);
      const isVector = isConstant && bias?.type === 'float32' && bias.shape?.length === 1 && length === rows;
      if (!isVector) continue;
      maker.inputs[2] = other;
      maker.options.fusedActivationFunction = operator.options.fusedActivationFunction ?? 'NONE';
      maker.outputs = [...operator.outputs];
      makers.set(operator.outputs[0] ?? -1, maker);
      moved.set(operator, maker);
      break;
    }
  }
  const fused = new Set(moved.values());
  part.operators = part.operators
    .filter((operator) => !fused.has(operator))
    .map((operator) => moved.get(operator) ?? operator);
}

/** https://ai.google.dev/edge/litert (BatchMatMulOptions): adj_y swaps the last two axes of the right side. */
function turnProducts(part: Part): void {
  const [readers, makers] = [readersOf(part), makersOf(part)];
  const gone = new Set<OpenOperator>();
  for (const operator of part.operators) {
    const [left = -1, right = -1] = operator.inputs;
    const maker = makers.get(right);
    if (operator.opcode !== 'BATCH_MATMUL' || maker?.opcode !== 'TRANSPOSE') continue;
    const [input = -1, perm = -1] = maker.inputs;
    const order = part.tensors[perm]?.data;
    if (readers.get(right)?.length !== 1 || part.outputs.includes(right) || order === undefined) continue;
    const axes = tensorFromBytes('int32', [order.length / 4], order).data as Int32Array;
    const rank = axes.length;
    const isSwap = axes.every((from, axis) => from === (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
    if (!isSwap || part.tensors[input]?.type !== 'float32') continue;
    operator.inputs = [left, input];
    operator.options.adjY = operator.options.adjY !== true;
    gone.add(maker);
  }
  part.operators = part.operators.filter((operator) => !gone.has(operator));
}

function isCodedConstant(
  tensor: number,
  { tensors }: Part,
  makers: ReadonlyMap<number, OpenOperator>,
): boolean {
  const maker = makers.get(tensor);
  return maker?.opcode === 'DEQUANTIZE' && tensors[maker.inputs[0] ?? -1]?.data !== undefined;
}
