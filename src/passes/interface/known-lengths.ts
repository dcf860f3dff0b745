// Lengths that a model leaves open and its weights know: a file may say [?, ?] of an input that meets a constant of [1, 65].

import { attribute } from '../../graph/attribute.ts';
import type { Dim, Graph, Node, Shape } from '../../graph/model.ts';
import { constantsOf, readersOf } from '../../graph/reading.ts';

/** What is known of a value: which axis of the input each of its axes is; undefined where it is none of them. */
type Axes = readonly (number | undefined)[];

type Input = { readonly name: string; readonly shape: Shape | undefined };

/**
 * The inputs with the lengths of open axes that weights know; those of one symbol together. `weights`: of products and
 * convolutions, which take no other length. `any`: also of what is added or multiplied, which might be spread instead.
 */
export function withKnownLengths<T extends Input>(
  inputs: readonly T[],
  graph: Graph,
  evidence: 'weights' | 'any',
): readonly T[] {
  const reading = readingOf(graph, evidence);
  const symbols = new Map<string, number>();
  const found = inputs.map(({ name, shape }) => {
    const lengths = new Map<number, number>();
    const tell = (axis: number | undefined, length: number | undefined) => {
      const dim = axis === undefined ? undefined : shape?.[axis];
      if (axis === undefined || typeof dim === 'number' || length === undefined || length <= 1) return;
      if (!lengths.has(axis)) lengths.set(axis, length);
      if (typeof dim === 'string' && !symbols.has(dim)) symbols.set(dim, length);
    };
    const isOpen = shape?.some((dim) => typeof dim !== 'number');
    if (shape && isOpen) follow(name, [...shape.keys()], reading, tell);
    return lengths;
  });
  return inputs.map((input, index) => ({ ...input, shape: filled(input.shape, found[index], symbols) }));
}

function filled(
  shape: Shape | undefined,
  lengths: ReadonlyMap<number, number> | undefined,
  symbols: ReadonlyMap<string, number>,
): Shape | undefined {
  return shape?.map((dim, axis): Dim => {
    if (typeof dim === 'number') return dim;
    return (dim === null ? undefined : symbols.get(dim)) ?? lengths?.get(axis) ?? dim;
  });
}

type Reading = {
  readonly evidence: 'weights' | 'any';
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  readonly dims: (value: string | undefined) => readonly number[] | undefined;
};

function readingOf(graph: Graph, evidence: Reading['evidence']): Reading {
  const constants = constantsOf(graph);
  return { evidence, readers: readersOf(graph), dims: (value) => constants.get(value ?? '')?.dims };
}

type Tell = (axis: number | undefined, length: number | undefined) => void;

/** As far as operators leave the axes of the input what they are. */
function follow(value: string, axes: Axes, reading: Reading, tell: Tell): void {
  const open: [string, Axes][] = [[value, axes]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [at, known] = next;
    for (const node of reading.readers.get(at) ?? []) {
      const after = meet(node, at, known, reading, tell);
      if (after !== undefined) open.push([node.outputs[0] ?? '', after]);
    }
  }
}

/** Tells what the node's weights know of the axes, and returns those of its result where they are still the input's. */
function meet(
  node: Node,
  value: string,
  axes: Axes,
  { dims, evidence }: Reading,
  tell: Tell,
): Axes | undefined {
  const [first, second] = node.inputs;
  const isFirst = first === value;
  const rank = axes.length;
  switch (node.opType) {
    case 'Identity':
    case 'Cast':
      return axes;
    case 'Transpose': {
      const perm = attribute(node, 'perm', undefined as readonly number[] | undefined);
      return (perm ?? [...axes.keys()].reverse()).map((axis) => axes[axis]);
    }
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div': {
      const other = dims(isFirst ? second : first);
      if (other === undefined || other.length > rank) return undefined;
      if (evidence === 'any') {
        for (const [index, length] of other.entries()) tell(axes[rank - other.length + index], length);
      }
      return axes;
    }
    case 'MatMul':
      if (isFirst) tell(axes[rank - 1], dims(second)?.at(-2));
      return undefined;
    case 'Gemm':
      if (isFirst && attribute(node, 'transA', 0) === 0) {
        tell(axes[1], dims(second)?.[attribute(node, 'transB', 0) === 1 ? 1 : 0]);
      }
      return undefined;
    case 'Conv':
      if (isFirst) tell(axes[1], (dims(second)?.[1] ?? 0) * attribute(node, 'group', 1));
      return undefined;
    case 'ConvTranspose':
      if (isFirst) tell(axes[1], dims(second)?.[0]);
      return undefined;
    case 'BatchNormalization':
      if (isFirst) tell(axes[1], dims(second)?.[0]);
      return axes;
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      if (isFirst) tell(axes[2], dims(second)?.[2]);
      return undefined;
    default:
      return undefined;
  }
}
