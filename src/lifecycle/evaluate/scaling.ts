// What is done to raw input values before a model sees them: x * scale, then (x - mean) / std.

import { errors } from '../../errors.ts';
import type { InputSignature } from '../../graph/signature.ts';

export type Scaling = {
  readonly scale?: number | undefined;
  /** One number, or one per column or channel. */
  readonly mean?: number | readonly number[] | undefined;
  readonly std?: number | readonly number[] | undefined;
};

/** y = x * factor + offset; arrays repeat along the elements of a row. */
export type Affine = { readonly factors: Float64Array; readonly offsets: Float64Array };

/** Flags win over the signature, key by key, and what it says of images over what it says of numbers. */
export function mergeScaling(signature: InputSignature | undefined, flags: Scaling): Scaling {
  return {
    scale: flags.scale ?? signature?.image?.scale ?? signature?.scale,
    mean: flags.mean ?? signature?.image?.mean ?? signature?.mean,
    std: flags.std ?? signature?.image?.std ?? signature?.std,
  };
}

/** The scaling as one multiplication and addition; undefined when it changes nothing. Errors: FEATURES_MISMATCH. */
export function affine(
  scaling: Scaling,
  input: string,
  perRow: number,
  lastAxis: number,
): Affine | undefined {
  const { scale = 1 } = scaling;
  const mean = list(scaling.mean ?? 0);
  const std = list(scaling.std ?? 1);
  for (const [name, values] of [['mean', mean] as const, ['std', std] as const]) {
    if (values.length !== 1 && values.length !== perRow && values.length !== lastAxis) {
      throw errors.FEATURES_MISMATCH(
        `${name} has ${values.length} numbers, and input ${input} has ${perRow} per row${
          lastAxis === perRow ? '' : `, ${lastAxis} along its last axis`
        }`,
        `give one number, or one per column or channel`,
      );
    }
  }
  const zero = std.indexOf(0);
  if (zero >= 0) {
    throw errors.FEATURES_MISMATCH(
      `std is 0 for element ${zero} of input ${input}`,
      'a constant column has std 1',
    );
  }
  const length = Math.max(mean.length, std.length);
  const at = (values: readonly number[], index: number) => values[index % values.length] as number;
  const factors = Float64Array.from({ length }, (_, index) => scale / at(std, index));
  const offsets = Float64Array.from({ length }, (_, index) => -at(mean, index) / at(std, index));
  return factors.every((factor) => factor === 1) && offsets.every((offset) => offset === 0)
    ? undefined
    : { factors, offsets };
}

function list(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}
