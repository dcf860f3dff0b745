// What one metric says, and what it is computed from. Definitions are scikit-learn's, zero division included.
// https://scikit-learn.org/stable/modules/model_evaluation.html

export type Task = 'binary' | 'multiclass' | 'regression';

export const tasks: readonly Task[] = ['binary', 'multiclass', 'regression'];

export type Metric = {
  /** As printed, with underscores: `log_loss`. */
  readonly name: string;
  /** For people: "log loss". */
  readonly title: string;
  readonly aliases: readonly string[];
  readonly tasks: readonly Task[];
  /** Whether the model must give a score per class, not only its choice. */
  readonly needs: 'labels' | 'scores';
  readonly isHigherBetter: boolean;
  /** Shown when no metrics are named, in this order; absent: only when asked for. */
  readonly defaultRank?: number;
  /** Averages over classes it takes; the name gets a suffix, `f1_macro`, or a class, `f1[setosa]`. */
  readonly averages?: readonly AverageName[];
  /** A number in its name, such as the k of `top_3_accuracy`, which the pattern captures. */
  readonly parameter?: { readonly pattern: RegExp; readonly fallback: number };
  /** Why this data has no such figure although the task fits; undefined when it has. */
  readonly missing?: (judged: Judged) => string | undefined;
  /** The figure; NaN where it is not defined, after a warning. */
  readonly compute: (judged: Judged, options: MetricOptions, warn: Warn) => number;
};

export type AverageName = 'binary' | 'micro' | 'macro' | 'weighted';

export type MetricOptions = {
  /** A class index computes the figure of that class alone. */
  readonly average?: AverageName | number;
  readonly parameter?: number;
};

export type Warn = (message: string) => void;

/** True values and what the model made of the same rows. */
export type Judged = Classified | Regressed;

export type Classified = {
  readonly task: 'binary' | 'multiclass';
  readonly rows: number;
  /** Class names in index order. */
  readonly labels: readonly string[];
  /** Class index per row. */
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
  readonly scores: Scores | undefined;
  /** Index of the class that counts as "yes" in binary averages. */
  readonly positive: number;
  /** counts[truth * labels.length + predicted]. */
  readonly confusion: Float64Array;
};

export type Scores = {
  /** rows × classes, row-major. */
  readonly values: Float64Array;
  /** Smallest probability that is told from 0: the resolution of the model's own dtype. */
  readonly epsilon: number;
};

export type Regressed = {
  readonly task: 'regression';
  readonly rows: number;
  /** Numbers per row. */
  readonly outputs: number;
  /** rows × outputs, row-major. */
  readonly truth: Float64Array;
  readonly predicted: Float64Array;
};

/** The judged rows of a classification; a metric that says it is for one is never given anything else. */
export function classified(judged: Judged): Classified {
  if (judged.task === 'regression') throw new TypeError('a classification metric was given a regression');
  return judged;
}

export function regressed(judged: Judged): Regressed {
  if (judged.task !== 'regression') throw new TypeError('a regression metric was given a classification');
  return judged;
}
