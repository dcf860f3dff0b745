// A metric by the name people write: `f1`, `F1-macro`, `top_3_accuracy`, `recall[setosa]`.

import { errors } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { AverageName, Judged, Metric, MetricOptions, Task } from './definition.ts';
import { metrics } from './index.ts';

export type NamedMetric = {
  readonly metric: Metric;
  /** As it is printed and compared: the registered name with its suffix. */
  readonly name: string;
  readonly options: Omit<MetricOptions, 'average'> & { readonly average?: AverageName };
  /** A class whose own figure is asked for. */
  readonly label?: string;
};

/** Errors: METRIC_UNKNOWN with the nearest name. */
export function findMetric(text: string): NamedMetric {
  const [, base = text, label] = /^([^[\]]+)\[(.+)\]$/.exec(text.trim()) ?? [];
  const word = base
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  const found = find(word);
  if (!found || (label !== undefined && !found.metric.averages)) {
    throw errors.METRIC_UNKNOWN(text, didYouMean(word, metricNames()));
  }
  return label === undefined ? found : { ...found, name: `${found.name}[${label}]`, label };
}

function find(word: string): NamedMetric | undefined {
  for (const metric of metrics) {
    if (metric.name === word || metric.aliases.includes(word)) {
      return { metric, name: metric.name, options: {} };
    }
    const captured = metric.parameter?.pattern.exec(word)?.[1];
    if (captured !== undefined && Number(captured) > 0) {
      return { metric, name: word, options: { parameter: Number(captured) } };
    }
    for (const average of metric.averages ?? []) {
      const bases = [metric.name, ...metric.aliases];
      if (bases.some((base) => word === `${base}_${average}`)) {
        return { metric, name: `${metric.name}_${average}`, options: { average } };
      }
    }
  }
  return undefined;
}

/** Every name that is valid as it stands. */
export function metricNames(): string[] {
  return metrics.flatMap(({ name, averages = [] }) => [name, ...averages.map((a) => `${name}_${a}`)]);
}

/** What is shown for a task when nobody says: those that this data has. */
export function defaultMetrics(judged: Judged): NamedMetric[] {
  return metrics
    .filter((metric) => metric.defaultRank !== undefined && isDefault(metric, judged.task))
    .filter((metric) => whyNot(metric, judged) === undefined)
    .sort((a, b) => (a.defaultRank ?? 0) - (b.defaultRank ?? 0))
    .map((metric) => ({ metric, name: metric.name, options: {} }));
}

// A metric for several tasks is shown by default for the first one it names.
function isDefault({ tasks: of }: Metric, task: Task): boolean {
  return of[0] === task || (task === 'multiclass' && of[0] === 'binary' && of.includes(task));
}

/** Why a metric cannot be computed on this data; undefined when it can. */
export function whyNot(metric: Metric, judged: Judged): string | undefined {
  if (!metric.tasks.includes(judged.task)) {
    return `the task is ${judged.task}, and ${metric.name} is for ${metric.tasks.join(' and ')}`;
  }
  if (metric.needs === 'scores' && judged.task !== 'regression' && judged.scores === undefined) {
    return 'the model gives classes without scores';
  }
  return metric.missing?.(judged);
}
