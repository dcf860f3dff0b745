// What one rewrite of the TFLite writer says: which operators it replaces, and by what.

import type { Node } from '../../../graph/model.ts';
import type { Build } from './build.ts';

export type Rewrite = {
  /** Of the operators; '' (ai.onnx) unless given. */
  readonly domain?: string;
  /** Operators it looks at. */
  readonly opTypes: readonly string[];
  /** The parts have kernels on whole numbers that are as good as the whole: it is done before values get scales. */
  readonly isWholeInParts?: true;
  /**
   * The values that take the place of the node's outputs, in order; undefined leaves the node as it is.
   * Throws a Refusal when nothing in TFLite can say it.
   */
  readonly rewrite: (node: Node, build: Build) => readonly string[] | undefined;
};

/** Why a node cannot be written; collected, so that all are reported at once. */
export class Refusal extends Error {}

/** A type that is not known yet; perhaps after the next round. */
export class NotYet extends Error {}

/** Domain of the nodes that are TFLite operators already, named as the schema names them. */
export const TFLITE = 'tflite';
