// Where a model runs: in this thread, or in a worker.

import type { Tensor } from '../../graph/tensor.ts';

export type Lane = {
  /** Tensors in the order of the model's inputs and outputs. Rejects when the model fails on them. */
  run(feeds: readonly Tensor[]): Promise<readonly Tensor[]>;
  /** Runs it takes at a time; more than one where the next should be waiting at the worker's door. */
  readonly depth: number;
  release(): Promise<void>;
};
