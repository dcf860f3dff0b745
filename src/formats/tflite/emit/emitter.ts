// What one file of emitters says: how nodes of these types become TFLite operators.

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';

export type Emitter = {
  /** ONNX operators, or builtin names of nodes that a rewrite made. */
  readonly opTypes: readonly string[];
  /** Adds operators that make the node's outputs; throws a Refusal when there are none that do. */
  readonly emit: (node: Node, emission: Emission) => undefined;
};
