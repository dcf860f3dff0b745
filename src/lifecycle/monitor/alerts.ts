// Which alerts fire. Each rule measures one number of the result and compares it with its limit, here and nowhere else.

import type { Alert, MonitorResult } from './result.ts';

export type AlertRule = { readonly when: Alert['when']; readonly above?: number };

/** Without `monitor.alerts` in the manifest. A list there replaces these. */
export const defaultAlerts: readonly AlertRule[] = [{ when: 'drift' }, { when: 'errors' }];

type Facts = Omit<MonitorResult, 'alerts' | 'status'>;
type Finding = Omit<Alert, 'when' | 'above'>;
type Rule = { readonly above: number; readonly measure: (facts: Facts, above: number) => Finding };

export function firedAlerts(facts: Facts, rules: readonly AlertRule[]): Alert[] {
  if (facts.requests === 0) return [];
  return rules.flatMap(({ when, above = kinds[when].above }) => {
    const finding = kinds[when].measure(facts, above);
    return finding.value > above ? [{ when, above, ...finding }] : [];
  });
}

const kinds: Readonly<Record<Alert['when'], Rule>> = {
  // Features that have drifted.
  drift: {
    above: 0,
    measure({ drift }) {
      const drifted = drift.filter((row) => row.drifted);
      const features = [...new Set(drifted.map((row) => row.feature))];
      return {
        value: features.length,
        features,
        since: earliest(drifted.map((row) => row.since)),
        message: `${listed(features)} ${features.length === 1 ? 'has' : 'have'} drifted`,
      };
    },
  },
  // Share of requests.
  errors: {
    above: 0.05,
    measure: ({ errorRate, errors, requests, anomalies }) => ({
      value: errorRate,
      features: [],
      since: earliest(anomalies.spikes.filter(({ what }) => what === 'errors').map(({ from }) => from)),
      message: `${percent(errorRate)} of requests failed (${errors} of ${requests})`,
    }),
  },
  // p95 in ms.
  latency: {
    above: 1000,
    measure: ({ latencyMs, anomalies }) => ({
      value: latencyMs.p95 ?? 0,
      features: [],
      since: earliest(anomalies.spikes.filter(({ what }) => what === 'latency').map(({ from }) => from)),
      message: `95 % of requests take up to ${(latencyMs.p95 ?? 0).toFixed(1)} ms`,
    }),
  },
  // Share of missing values in any feature, beyond what the reference has.
  missing: {
    above: 0.05,
    measure: ({ missing }, above) =>
      worstFeature(
        missing.map((row) => ({ ...row, share: row.share - (row.referenceShare ?? 0) })),
        above,
        'missing more often than in the reference',
      ),
  },
  // Share of values outside the reference's range in any feature.
  'out-of-range': {
    above: 0.01,
    measure: ({ outOfRange }, above) => worstFeature(outOfRange, above, 'outside the range of the reference'),
  },
  // Share of rows farther from the reference than 99.9 % of its own.
  anomaly: {
    above: 0.01,
    measure: ({ anomalies }) => ({
      value: anomalies.share ?? 0,
      features: [],
      since: null,
      message: `${percent(anomalies.share ?? 0)} of rows are far from the reference (expected ${percent(anomalies.expectedShare ?? 0)})`,
    }),
  },
};

function worstFeature(
  rows: readonly { readonly feature: string; readonly share: number }[],
  above: number,
  what: string,
): Finding {
  const worst = [...rows].sort((a, b) => b.share - a.share)[0];
  return {
    value: worst?.share ?? 0,
    features: rows.filter(({ share }) => share > above).map(({ feature }) => feature),
    since: null,
    message: `${worst?.feature}: ${percent(worst?.share ?? 0)} of values ${what}`,
  };
}

function earliest(times: readonly (string | null)[]): string | null {
  return times.filter((time) => time !== null).sort()[0] ?? null;
}

function listed(names: readonly string[]): string {
  if (names.length <= 4) return names.join(', ');
  return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
