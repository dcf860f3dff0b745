// What a model computes in by itself, where that is not float32, and how close its file has to be where the kernels of the
// target compute in something else: codes, which each runtime rounds in its own way, so that one more or less travels on to
// the outputs; half precision, which the model as read rounds to at every node and kernels of float32 at none.

import type { Context } from '../../context.ts';
import type { Format } from '../../formats/definition.ts';
import type { Model } from '../../graph/model.ts';
import { allGraphs } from '../../passes/nested.ts';
import dynamicInt8 from '../../passes/quantize/dynamic-int8.ts';
import float16 from '../../passes/quantize/float16.ts';
import int16x8 from '../../passes/quantize/int16x8.ts';

/** `weights`: codes as constants only; products beside them quantize what they read as it comes. `values`: all numbers. */
export type OwnNumbers = 'float32' | 'float16' | 'weights' | 'values';

/** QuantizeLinear, and operators that have it inside: QLinearConv, QLinearAdd, QGemm … */
const givesCodes = /^(QuantizeLinear|QLinear|QGemm$)/;

/** Of a model whose types are inferred. */
export function ownNumbers(model: Model): OwnNumbers {
  let found: OwnNumbers = 'float32';
  for (const { nodes, initializers, types } of allGraphs(model)) {
    for (const { opType, inputs, outputs } of nodes) {
      if (givesCodes.test(opType)) return 'values';
      if (opType === 'DequantizeLinear' && initializers.has(inputs[0] ?? '')) found = 'weights';
      if (opType.startsWith('DynamicQuantize')) found = 'weights';
      // What only holds or moves numbers rounds nothing.
      if (found !== 'float32' || opType === 'Cast' || opType === 'Constant' || opType === 'Identity')
        continue;
      const type = types.get(outputs[0] ?? '');
      if (type?.kind === 'tensor' && type.dtype === 'float16') found = 'float16';
    }
  }
  return found;
}

/** Codes of codes: a model of whole numbers has scales of its own, and those that are asked for come on top. */
export function warnOfOwnCodes(
  own: OwnNumbers,
  dtype: string | undefined,
  path: string,
  context: Context,
): void {
  if (own !== 'values' || dtype === undefined) return;
  context.diagnose({
    code: 'CODES_AGAIN',
    severity: 'warning',
    message: `${path} computes on whole numbers already, with scales of its own; --dtype ${dtype} rounds their results once more`,
    where: { file: path },
    args: { dtype },
    hint: 'leave --dtype out, or convert the float32 model it was made from',
  });
}

/** undefined: as close as any other. */
export function closenessOf(
  own: OwnNumbers,
  { storesHalf, computesOnCodes }: NonNullable<Format['numbers']> = {},
): { readonly tolerance: number; readonly leastCosine?: number } | undefined {
  switch (own) {
    case 'float16':
      return storesHalf ? { tolerance: float16.tolerance } : undefined;
    case 'weights':
      return computesOnCodes ? { tolerance: dynamicInt8.tolerance } : undefined;
    case 'values':
      return computesOnCodes ? { tolerance: int16x8.tolerance, leastCosine: int16x8.leastCosine } : undefined;
    default:
      return undefined;
  }
}
