// The values of one subgraph while it is lowered: what each tensor has become in the graph so far.

import type { GraphBuilder } from '../../../graph/builder.ts';
import type { DType } from '../../../graph/dtype.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { Quantization, Subgraph } from '../records.ts';

/** What a tensor has become. Constants enter the graph when they are first used. */
export type Slot = {
  readonly dtype: DType;
  tensor?: Tensor | undefined;
  quantization?: Quantization | undefined;
  /** Value as the tensor is stored. */
  stored?: string | undefined;
  /** The numbers it stands for. */
  real?: string | undefined;
  /** Real and imaginary part of a complex value. */
  parts?: readonly [string, string] | undefined;
  /** Name of the resource variable it is a handle of. */
  variable?: string | undefined;
  list?: List | undefined;
};

/** What is known of a list of tensors, which is held as one tensor with the list's places along its first axis. */
export type List = {
  /** How many places it has: a number, or what the tensor that says so has become. */
  readonly length: number | Slot | undefined;
  /** A loop collects what is put in: putting something in gives that itself. */
  readonly isCollected?: true;
};

export type Scope = {
  readonly builder: GraphBuilder;
  readonly subgraph: Subgraph;
  readonly slots: Map<number, Slot>;
  /** How many subgraphs are being lowered around this one. */
  readonly depth: number;
  /** Inside a graph of a node, such as the body of a loop. */
  readonly isNested: boolean;
};
