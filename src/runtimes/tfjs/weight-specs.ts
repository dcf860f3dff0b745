// Checks the list of weights in a tfjs manifest: every name, shape and dtype, and that together they take exactly the
// bytes that are there.

import type * as Core from '@tensorflow/tfjs-core';
import { errors } from '../../errors.ts';

const bytesPerElement: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
};

export function checkSpecs(
  file: string,
  weights: readonly unknown[],
  bytes: number,
): Core.io.WeightsManifestEntry[] {
  const fail = (problem: string) => errors.MODEL_DAMAGED(file, problem);
  let taken = 0;
  let hasStrings = false;
  const specs = weights.map((each) => {
    const spec = (each ?? {}) as Partial<Core.io.WeightsManifestEntry>;
    const { name, shape, dtype } = spec;
    if (typeof name !== 'string' || typeof dtype !== 'string') throw fail('a weight has no name or dtype');
    if (!Array.isArray(shape) || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
      throw fail(`weight ${name} has no shape`);
    }
    if (dtype === 'string') hasStrings = true; // their length is in the data
    const quantized = (spec.quantization as { dtype?: unknown } | undefined)?.dtype;
    const width = bytesPerElement[String(quantized ?? dtype)];
    if (width === undefined && dtype !== 'string') {
      throw fail(`weight ${name} has an unknown dtype ${String(quantized ?? dtype)}`);
    }
    taken += shape.reduce((product, dim) => product * dim, width ?? 0);
    if (taken > bytes) throw fail(`weight ${name} reaches past the end of its weight files (${bytes} bytes)`);
    return spec as Core.io.WeightsManifestEntry;
  });
  if (taken !== bytes && !hasStrings) throw fail(`its weights take ${taken} bytes, its files have ${bytes}`);
  return specs;
}
