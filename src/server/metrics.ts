// What Prometheus sees: the names of PROTOCOLS §4.3. The request path only adds to plain numbers (tally.ts).

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ServedModel } from './definition.ts';
import { Tally, TallyHistogram } from './tally.ts';

/** Bucket bounds in seconds, those of OpenTelemetry's http.server.request.duration and finer below. */
const SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5,
  7.5, 10,
];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export type ModelMetrics = {
  readonly request: Tally;
  readonly queue: Tally;
  readonly compute: Tally;
  readonly rows: Tally;
  /** Requests answered, by protocol and status: `v2 200`. */
  readonly answered: Map<string, number>;
  inFlight: number;
};

export class Metrics {
  readonly registry = new Registry();
  readonly #models: { readonly labels: Record<string, string>; readonly metrics: ModelMetrics }[] = [];

  constructor(dropped: () => ReadonlyMap<string, number>) {
    const registers = [this.registry];
    const models = this.#models;
    const labelNames = ['model', 'version'];
    new Counter({
      name: 'mlctl_inference_requests_total',
      help: 'Inference requests answered, by HTTP status',
      labelNames: [...labelNames, 'protocol', 'code'],
      registers,
      collect() {
        this.reset();
        for (const { labels, metrics } of models) {
          for (const [key, count] of metrics.answered) {
            const [protocol = '', code = ''] = key.split(' ');
            this.inc({ ...labels, protocol, code }, count);
          }
        }
      },
    });
    const histogram = (
      name: string,
      help: string,
      bounds: readonly number[],
      pick: (of: ModelMetrics) => Tally,
    ) =>
      this.registry.registerMetric(
        new TallyHistogram(name, help, bounds, () =>
          models.map(({ labels, metrics }) => ({ labels, tally: pick(metrics) })),
        ),
      );
    histogram(
      'mlctl_inference_request_duration_seconds',
      'From the last byte of a request to its reply',
      SECONDS,
      (of) => of.request,
    );
    histogram(
      'mlctl_inference_queue_duration_seconds',
      'From the last byte of a request to the start of its run',
      SECONDS,
      (of) => of.queue,
    );
    histogram(
      'mlctl_inference_compute_duration_seconds',
      'Time of the run a request shared',
      SECONDS,
      (of) => of.compute,
    );
    histogram('mlctl_inference_batch_size', 'Rows per run of the model', ROWS, (of) => of.rows);
    new Gauge({
      name: 'mlctl_inference_in_flight',
      help: 'Inference requests read and not yet answered',
      labelNames,
      registers,
      collect() {
        for (const { labels, metrics } of models) this.set(labels, metrics.inFlight);
      },
    });
    new Counter({
      name: 'mlctl_prediction_log_dropped_total',
      help: 'Lines of the prediction log that could not be written, by error',
      labelNames: ['reason'],
      registers,
      collect() {
        this.reset();
        for (const [reason, count] of dropped()) this.inc({ reason }, count);
      },
    });
    collectDefaultMetrics({ register: this.registry });
  }

  /** Registers a model that has been loaded. */
  add(model: ServedModel, loadMs: number): ModelMetrics {
    const labels = { model: model.name, version: model.version ?? '' };
    const metrics: ModelMetrics = {
      request: new Tally(SECONDS),
      queue: new Tally(SECONDS),
      compute: new Tally(SECONDS),
      rows: new Tally(ROWS),
      answered: new Map(),
      inFlight: 0,
    };
    this.#models.push({ labels, metrics });
    this.#gauge('mlctl_model_info', 'Models served', ['digest', 'format']).set(
      { ...labels, digest: model.digest, format: model.format },
      1,
    );
    this.#gauge('mlctl_model_load_duration_seconds', 'Time it took to load the model').set(
      labels,
      loadMs / 1000,
    );
    this.#gauge('mlctl_model_last_load_timestamp_seconds', 'When the model was loaded').set(
      labels,
      Date.now() / 1000,
    );
    return metrics;
  }

  #gauge(name: string, help: string, more: readonly string[] = []): Gauge {
    const known = this.registry.getSingleMetric(name);
    if (known instanceof Gauge) return known;
    return new Gauge({ name, help, labelNames: ['model', 'version', ...more], registers: [this.registry] });
  }
}
