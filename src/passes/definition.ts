// What one rewrite pass says.

import type { Context } from '../context.ts';
import type { Model } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';

export type Pass = {
  /** The rewrite in words: `fuse-conv-batch-norm`. */
  readonly name: string;
  /** Changes the model in place, leaves it valid, and says how many places it changed. Linear in the nodes. */
  readonly run: (model: Model, tools: PassTools) => Promise<PassResult> | PassResult;
};

export type PassResult = { readonly modified: number };

export type PassTools = {
  readonly context: Context;
  /** Runs a graph without inputs and returns its outputs: how constants are folded (no kernels of our own). */
  readonly evaluate: (model: Model) => Promise<ReadonlyMap<string, Tensor>>;
};
