// What the routes of a running server share.

import type { ServerOptions } from './definition.ts';
import type { ExchangeContext } from './exchange.ts';
import type { Metrics } from './metrics.ts';
import type { LoadedModel } from './model.ts';
import type { Outbox } from './outbox.ts';

export type Site = {
  readonly options: ServerOptions;
  /** In the order given; the first of a name answers requests that name no version. */
  readonly models: readonly LoadedModel[];
  readonly metrics: Metrics;
  readonly outbox: Outbox;
  readonly exchange: ExchangeContext;
  /** False while the server drains. */
  readonly isReady: () => boolean;
};
