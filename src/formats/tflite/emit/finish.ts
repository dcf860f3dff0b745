// A written subgraph as records: tensors nobody uses are left out, the others are numbered in the order they appear.

import type { Operator, Subgraph, TfliteTensor } from '../records.ts';
import { absorb } from './absorb.ts';
import type { OpenTensor } from './emission.ts';
import type { OpenSubgraph } from './file-emission.ts';
import { fuse } from './fuse.ts';
import { mergeReshapes } from './merge-reshapes.ts';
import { removeUnread } from './unread.ts';
import { versionOf } from './versions.ts';

export function finish({ name, emission, inputs, outputs }: OpenSubgraph): Subgraph {
  const part = { tensors: emission.tensors, operators: emission.operators, outputs };
  removeUnread(part);
  fuse(part);
  absorb(part);
  mergeReshapes(part);
  removeUnread(part);
  const numbers = new Map<number, number>();
  const tensors: TfliteTensor[] = [];
  const number = (index: number): number => {
    if (index < 0) return -1;
    const known = numbers.get(index);
    if (known !== undefined) return known;
    const tensor = emission.tensors[index] as OpenTensor;
    numbers.set(index, tensors.length);
    tensors.push(record(tensor));
    return tensors.length - 1;
  };
  const first = inputs.map(number);
  const operators = part.operators.map(({ opcode, inputs, outputs, options }): Operator => {
    const use = { inputs: inputs.map(number), outputs: outputs.map(number) };
    const types = (list: readonly number[]) => list.map((index) => tensors[index]);
    const version = versionOf(opcode, { inputs: types(use.inputs), outputs: types(use.outputs), options });
    return { opcode, version, ...use, options };
  });
  return { name, tensors, inputs: first, outputs: outputs.map(number), operators };
}

function record({ name, type, shape, data, quantization }: OpenTensor): TfliteTensor {
  const isOpen = shape?.some((dim) => typeof dim !== 'number') ?? false;
  return {
    name,
    type,
    shape: shape?.map((dim) => (typeof dim === 'number' ? dim : 1)),
    shapeSignature: isOpen ? shape?.map((dim) => (typeof dim === 'number' ? dim : -1)) : undefined,
    data,
    quantization,
  };
}
