// The figures of a report: metrics by name, figures per class, averages, confusion matrix.

import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import { averageNames } from '../../metrics/averaged.ts';
import { classCounts, support } from '../../metrics/confusion.ts';
import type { AverageName, Classified, Judged, Metric, MetricOptions } from '../../metrics/definition.ts';
import { defaultMetrics, findMetric, type NamedMetric, whyNot } from '../../metrics/find.ts';
import { metrics } from '../../metrics/index.ts';
import { didYouMean } from '../../nearest.ts';

export type PerClass = {
  readonly label: string;
  /** Rows whose true class this is. */
  readonly support: number;
  /** precision, recall, f1: every metric that exists for a single class. */
  readonly [metric: string]: number | string;
};

export type Figures = {
  readonly metrics: Readonly<Record<string, number>>;
  /** Empty for regression. */
  readonly perClass: readonly PerClass[];
  /** The same metrics as per class, averaged: `averages.macro.f1`. */
  readonly averages: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** counts[truth][predicted]; null for regression. */
  readonly confusionMatrix: readonly (readonly number[])[] | null;
};

/**
 * The named metrics, or the usual ones for the task, and those that gates need. `average` is that of names without
 * a suffix. Errors: METRIC_UNKNOWN, METRIC_NOT_APPLICABLE, LABEL_INVALID for `recall[class]`.
 */
export function figuresOf(
  judged: Judged,
  names: readonly string[] | undefined,
  forGates: readonly string[],
  average: AverageName | undefined,
  context: Context,
): Figures {
  const chosen = names && names.length > 0 ? names.map(findMetric) : defaultMetrics(judged);
  const values: Record<string, number> = {};
  for (const named of [...chosen, ...forGates.map(findMetric)]) {
    if (Object.hasOwn(values, named.name)) continue;
    values[named.name] = figureOf(named, judged, average, context);
  }
  if (judged.task === 'regression')
    return { metrics: values, perClass: [], averages: {}, confusionMatrix: null };
  return {
    metrics: values,
    perClass: perClassOf(judged),
    averages: averagesOf(judged),
    confusionMatrix: matrixOf(judged),
  };
}

function figureOf(
  { metric, name, options, label }: NamedMetric,
  judged: Judged,
  average: AverageName | undefined,
  context: Context,
): number {
  const problem = whyNot(metric, judged);
  if (problem !== undefined) {
    const usual = defaultMetrics(judged).map((each) => each.name);
    throw errors.METRIC_NOT_APPLICABLE(name, problem, `here there are ${usual.join(', ')}`);
  }
  const full: MetricOptions = {
    ...options,
    ...(label === undefined ? {} : { average: labelIndex(judged, label) }),
    ...(average !== undefined && metric.averages && options.average === undefined && label === undefined
      ? { average }
      : {}),
  };
  if (full.average === 'binary' && judged.task !== 'binary') {
    throw errors.METRIC_NOT_APPLICABLE(
      name,
      'a binary average needs two classes',
      'use macro, micro or weighted',
    );
  }
  return metric.compute(judged, full, (message) => {
    context.diagnose({ code: 'METRIC_UNDEFINED', severity: 'warning', message, args: { metric: name } });
  });
}

function labelIndex(judged: Judged, label: string): number {
  const labels = judged.task === 'regression' ? [] : judged.labels;
  const index = labels.indexOf(label);
  if (index < 0)
    throw errors.LABEL_INVALID(`${JSON.stringify(label)} is none of the classes`, didYouMean(label, labels));
  return index;
}

const silent = () => {};

const classMetrics = (): Metric[] => metrics.filter(({ averages }) => averages !== undefined);

function perClassOf(judged: Classified): PerClass[] {
  const counts = classCounts(judged);
  return judged.labels.map((label, index) => ({
    label,
    ...Object.fromEntries(
      classMetrics().map((metric) => [metric.name, metric.compute(judged, { average: index }, silent)]),
    ),
    support: support(counts[index] as (typeof counts)[number]),
  }));
}

function averagesOf(judged: Classified): Record<string, Record<string, number>> {
  const names = averageNames.filter((name) => name !== 'binary' || judged.task === 'binary');
  return Object.fromEntries(
    names.map((average) => [
      average,
      Object.fromEntries(
        classMetrics().map((metric) => [metric.name, metric.compute(judged, { average }, silent)]),
      ),
    ]),
  );
}

function matrixOf({ confusion, labels }: Classified): number[][] {
  return labels.map((_, truth) => [
    ...confusion.subarray(truth * labels.length, (truth + 1) * labels.length),
  ]);
}
