// Keeps a conversion of large models below three times their weights: the graph in memory and a runtime's copies of it
// must not live side by side longer than needed.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Model } from '../../graph/model.ts';
import { tensorBytes } from '../../graph/tensor.ts';

/** Weights above this are worth a detour over the disk, or a pause. */
export const LARGE_BYTES = 32_000_000;

export function weightBytes(model: Model): number {
  let bytes = 0;
  for (const tensor of model.graph.initializers.values()) bytes += tensorBytes(tensor);
  return bytes;
}

/**
 * Frees what is no longer referenced, now. A runtime allocates outside the JavaScript heap, which therefore sees no
 * reason to collect the graph that was just written, however large.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
