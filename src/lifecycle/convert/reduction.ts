// Which smaller numbers an artifact is to have, from flags and manifest.

import { errors } from '../../errors.ts';
import type { Signature } from '../../graph/signature.ts';
import { didYouMean } from '../../nearest.ts';
import type { CalibrationMethod } from '../../passes/quantize/calibration/definition.ts';
import { calibrationMethods } from '../../passes/quantize/calibration/index.ts';
import type { IoDtype, Precision } from '../../passes/quantize/definition.ts';
import { precisions } from '../../passes/quantize/index.ts';
import type { Scaling } from '../evaluate/scaling.ts';

export type Reduction = {
  readonly precision: Precision;
  /** Nodes or layers to keep in float32. */
  readonly keep: readonly string[];
  /** What inputs and outputs become; undefined: they stay float32. */
  readonly ioDtype: IoDtype | undefined;
  readonly method: CalibrationMethod;
  readonly percentile: number | undefined;
  /** Data file with the rows to observe, relative to the current folder. */
  readonly calibration: string | undefined;
  /** Most rows of it. */
  readonly samples: number | undefined;
  /** What the manifest says of its columns. */
  readonly signature: Signature | undefined;
  readonly features: readonly string[] | undefined;
  readonly scaling: Scaling;
  readonly target: string | undefined;
};

export type ReductionOptions = {
  /** `float32`, which changes nothing, or the name of a precision. */
  readonly dtype?: string | undefined;
  readonly keepFloat32?: readonly string[] | undefined;
  readonly ioDtype?: string | undefined;
  readonly calibration?: string | undefined;
  readonly calibrationMethod?: string | undefined;
  readonly calibrationPercentile?: number | undefined;
  readonly calibrationSamples?: number | undefined;
  /** How to feed its rows, as for evaluate. */
  readonly features?: readonly string[] | undefined;
  readonly scale?: number | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
};

/** The choices of `--dtype`. */
export const dtypeChoices: readonly string[] = ['float32', ...precisions.map(({ name }) => name)];

/** undefined: the numbers stay as they are. Errors: USAGE, CALIBRATION_MISSING. */
export function resolveReduction(
  options: ReductionOptions,
  { signature, target }: Pick<Partial<Reduction>, 'signature' | 'target'> = {},
): Reduction | undefined {
  const { dtype = 'float32' } = options;
  if (dtype === 'float32') {
    checkUnused(options);
    return undefined;
  }
  const precision = precisions.find(({ name }) => name === dtype);
  if (!precision) throw errors.USAGE(`--dtype ${dtype} is not known`, didYouMean(dtype, dtypeChoices));
  if (precision.ranges === 'calibrated' && options.calibration === undefined)
    throw errors.CALIBRATION_MISSING(dtype);
  const methodName = options.calibrationMethod ?? 'minmax';
  const method = calibrationMethods.find(({ name }) => name === methodName);
  if (!method) {
    const known = calibrationMethods.map(({ name }) => name);
    throw errors.USAGE(`--calibration-method ${methodName} is not known`, didYouMean(methodName, known));
  }
  return {
    precision,
    keep: (options.keepFloat32 ?? []).flatMap(split),
    ioDtype: ioDtypeOf(options.ioDtype, precision),
    method,
    percentile: options.calibrationPercentile,
    calibration: options.calibration,
    samples: options.calibrationSamples,
    signature,
    target,
    features: options.features,
    scaling: { scale: options.scale, mean: options.mean, std: options.std },
  };
}

/** The choices of `--io-dtype`. */
export const ioDtypeChoices: readonly string[] = [
  'float32',
  ...new Set((precisions as readonly Precision[]).flatMap(({ ioDtypes = [] }) => ioDtypes)),
];

/** Errors: USAGE. */
function ioDtypeOf(asked: string | undefined, { name, ioDtypes = [] }: Precision): IoDtype | undefined {
  if (asked === undefined || asked === 'float32') return undefined;
  const found = ioDtypes.find((dtype) => dtype === asked);
  if (found) return found;
  throw errors.USAGE(
    `a model of --dtype ${name} cannot take and give ${asked}`,
    `--io-dtype ${['float32', ...ioDtypes].join(' or ')}`,
  );
}

function checkUnused(options: ReductionOptions): void {
  const given = Object.entries({
    '--keep-float32': options.keepFloat32,
    '--io-dtype': options.ioDtype === 'float32' ? undefined : options.ioDtype,
    '--calibration': options.calibration,
    '--calibration-method': options.calibrationMethod,
    '--calibration-samples': options.calibrationSamples,
    '--calibration-percentile': options.calibrationPercentile,
    '--features': options.features,
    '--scale': options.scale,
    '--mean': options.mean,
    '--std': options.std,
  }).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  const [flag] = given;
  const asked = flag === '--io-dtype' ? options.ioDtype : undefined;
  const useful = (precisions as readonly Precision[]).filter(
    ({ ioDtypes }) => asked === undefined || ioDtypes?.some((dtype) => dtype === asked),
  );
  const said = options.dtype === undefined ? 'without --dtype' : 'with --dtype float32';
  throw errors.USAGE(
    `${flag} says nothing ${said}`,
    `${options.dtype === undefined ? 'add' : 'say'} --dtype ${useful.map(({ name }) => name).join(' or ')}`,
  );
}

function split(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
