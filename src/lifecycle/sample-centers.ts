// What a model takes away from its inputs before anything else: 127.5 from pixels, the mean of each column of a table.
// To such a model numbers between −1 and 1 all look alike, and whatever normalizes them later shows only rounding.

import type { Graph, Node } from '../graph/model.ts';
import { constantsOf, readersOf } from '../graph/reading.ts';
import type { Tensor } from '../graph/tensor.ts';

/** What is nearer to 0 is as good as there. */
const LEAST = 16;

/** For each graph input that a model centers on numbers far from 0, their mean. */
export function centersOf(graph: Graph): Map<string, number> {
  const [readers, constants] = [readersOf(graph), constantsOf(graph)];
  const found = new Map<string, number>();
  for (const input of graph.inputs) {
    const center = centerOf(input, readers, constants);
    if (Math.abs(center) >= LEAST && Number.isFinite(center)) found.set(input, center);
  }
  return found;
}

function centerOf(
  input: string,
  readers: ReadonlyMap<string, readonly Node[]>,
  constants: ReadonlyMap<string, Tensor>,
): number {
  let value = input;
  // What became of a number x: scale · x + offset.
  let [scale, offset] = [1, 0];
  for (;;) {
    const [reader, ...others] = readers.get(value) ?? [];
    if (reader === undefined || others.length > 0) break;
    const next = step(reader, value, constants);
    if (next === undefined) break;
    [scale, offset] = [scale * next.scale, offset * next.scale + next.offset];
    value = reader.outputs[0] ?? '';
  }
  return scale === 0 ? 0 : -offset / scale;
}

/** undefined: the node does more than scale and shift. */
function step(
  { opType, inputs }: Node,
  value: string,
  constants: ReadonlyMap<string, Tensor>,
): { readonly scale: number; readonly offset: number } | undefined {
  const [left = '', right = ''] = inputs;
  if (passesOn.has(opType)) return left === value ? { scale: 1, offset: 0 } : undefined;
  const isLeft = left === value;
  const number = meanOf(constants.get(isLeft ? right : left));
  if (number === undefined) return undefined;
  switch (opType) {
    case 'Add':
      return { scale: 1, offset: number };
    case 'Sub':
      return isLeft ? { scale: 1, offset: -number } : { scale: -1, offset: number };
    case 'Mul':
      return { scale: number, offset: 0 };
    case 'Div':
      return isLeft ? { scale: 1 / number, offset: 0 } : undefined;
    default:
      return undefined;
  }
}

const passesOn = new Set(['Cast', 'Identity', 'Reshape', 'Transpose']);

function meanOf(tensor: Tensor | undefined): number | undefined {
  if (tensor?.dtype !== 'float32' && tensor?.dtype !== 'float64') return undefined;
  let sum = 0;
  for (const value of tensor.data) sum += Number(value);
  return tensor.data.length === 0 ? undefined : sum / tensor.data.length;
}
