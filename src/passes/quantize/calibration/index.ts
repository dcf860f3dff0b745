// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { CalibrationMethod } from './definition.ts';
import entropy from './entropy.ts';
import minmax from './minmax.ts';
import percentile from './percentile.ts';

export const calibrationMethods: readonly CalibrationMethod[] = [entropy, minmax, percentile];
