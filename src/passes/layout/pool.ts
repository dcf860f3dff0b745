// Pools. The batch and the channels are axes they leave alone; so are spatial axes with windows of one element, and those
// may change places with the channels: a pool over each picture of a film need not know where the steps are.

import { attribute, int } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import type { Rewriter } from '../uses.ts';
import type { Layout } from './layout.ts';
import type { Mover, Operand, Plan } from './mover.ts';

export const pooling: Readonly<Record<string, Mover>> = { MaxPool: move, AveragePool: move };

function move(node: Node, operand: Operand, layout: Layout, rewriter: Rewriter): Plan | undefined {
  const rank = rewriter.shape(node.inputs[0])?.length;
  if (layout.kind !== 'perm' || operand.index !== 0 || node.outputs.length !== 1 || rank === undefined)
    return undefined;
  const { perm } = layout;
  const lists = windowsOf(node, rank);
  // The channel axis of the held value: nothing is pooled along it.
  if (perm.slice(0, 2).some((axis) => Object.values(lists).some((list) => !isLeftAlone(list, axis))))
    return undefined;
  return {
    inputs: [layout],
    outputs: [layout],
    adjust(node) {
      for (const [name, { of, given }] of Object.entries(lists)) {
        if (!given) continue;
        const spatial = perm.slice(2);
        const copies = name === 'pads' ? [0, 1] : [0];
        node.attributes.set(name, int(copies.flatMap((copy) => spatial.map((axis) => of(axis, copy)))));
      }
    },
  };
}

type List = {
  readonly given: boolean;
  readonly neutral: number;
  /** The entry of an axis; for pads, `copy` 0 is at its start and 1 at its end. */
  readonly of: (axis: number, copy: number) => number;
};

function windowsOf(node: Node, rank: number): Readonly<Record<string, List>> {
  const list = (name: string, neutral: number): List => {
    const entries = attribute(node, name, undefined as readonly number[] | undefined);
    const of = (axis: number, copy: number) =>
      axis < 2 ? neutral : (entries?.[axis - 2 + copy * (rank - 2)] ?? neutral);
    return { given: entries !== undefined, neutral, of };
  };
  return {
    kernel_shape: list('kernel_shape', 1),
    strides: list('strides', 1),
    dilations: list('dilations', 1),
    pads: list('pads', 0),
  };
}

function isLeftAlone({ of, neutral }: List, axis: number): boolean {
  return of(axis, 0) === neutral && of(axis, 1) === neutral;
}
