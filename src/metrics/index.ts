// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import accuracy from './accuracy.ts';
import averagePrecision from './average-precision.ts';
import balancedAccuracy from './balanced-accuracy.ts';
import cohenKappa from './cohen-kappa.ts';
import type { Metric } from './definition.ts';
import explainedVariance from './explained-variance.ts';
import f1 from './f1.ts';
import logLoss from './log-loss.ts';
import mae from './mae.ts';
import mape from './mape.ts';
import matthews from './matthews.ts';
import maxError from './max-error.ts';
import medianAbsoluteError from './median-absolute-error.ts';
import mse from './mse.ts';
import precision from './precision.ts';
import r2 from './r2.ts';
import recall from './recall.ts';
import rmse from './rmse.ts';
import rocAuc from './roc-auc.ts';
import topKAccuracy from './top-k-accuracy.ts';

export const metrics: readonly Metric[] = [
  accuracy,
  averagePrecision,
  balancedAccuracy,
  cohenKappa,
  explainedVariance,
  f1,
  logLoss,
  mae,
  mape,
  matthews,
  maxError,
  medianAbsoluteError,
  mse,
  precision,
  r2,
  recall,
  rmse,
  rocAuc,
  topKAccuracy,
];
