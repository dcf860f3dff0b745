// Models that hold whole numbers for real ones, and how close their files have to be where kernels compute on these:
// each runtime rounds halves its own way, and one code more or less travels on to the outputs.

import type { Model } from '../../graph/model.ts';
import { allGraphs } from '../../passes/nested.ts';
import dynamicInt8 from '../../passes/quantize/dynamic-int8.ts';
import int16x8 from '../../passes/quantize/int16x8.ts';

/** `weights`: constants only; products beside them quantize what they read as it comes. `values`: all numbers. */
export type HeldCodes = 'none' | 'weights' | 'values';

export function heldCodes(model: Model): HeldCodes {
  let found: HeldCodes = 'none';
  for (const { nodes, initializers } of allGraphs(model)) {
    for (const { opType, inputs } of nodes) {
      if (opType === 'QuantizeLinear') return 'values';
      if (opType === 'DequantizeLinear' && initializers.has(inputs[0] ?? '')) found = 'weights';
    }
  }
  return found;
}

/** undefined: as close as any other. */
export function closenessOf(
  codes: HeldCodes,
): { readonly tolerance: number; readonly leastCosine?: number } | undefined {
  if (codes === 'none') return undefined;
  const { tolerance, leastCosine } = codes === 'weights' ? { ...dynamicInt8, leastCosine: -1 } : int16x8;
  return { tolerance, leastCosine };
}
