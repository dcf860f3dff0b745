// Which Keras wrote a file. Names, defaults and a few formulas depend on it.

import { isRecord } from './json-shape.ts';
import type { Dialect } from './spec.ts';

export type Evidence = {
  readonly version: string | undefined;
  readonly backend: string | undefined;
  readonly config: unknown;
  readonly weightNames: Iterable<string>;
};

export function readDialect({ version, backend, config, weightNames }: Evidence): Dialect {
  const stated = Number.parseInt(version ?? '', 10);
  const major = stated >= 1 && stated <= 3 ? stated : stated > 3 ? 3 : guessMajor(config);
  return { major, version: version ?? '', backend: readBackend(backend, major, weightNames) };
}

function guessMajor(config: unknown): number {
  const text = JSON.stringify(isRecord(config) ? (config.config ?? null) : null);
  if (/"(nb_filter|border_mode|dim_ordering|W_regularizer)":/.test(text)) return 1;
  if (/"(batch_shape|registered_name|keras_history)":/.test(text)) return 3;
  return 2;
}

function readBackend(
  stated: string | undefined,
  major: number,
  weightNames: Iterable<string>,
): Dialect['backend'] {
  if (stated === 'tensorflow' || stated === 'theano' || stated === 'cntk') return stated;
  if (stated === 'jax' || stated === 'torch') return stated;
  if (major !== 1) return 'unknown';
  // Keras 1 does not say, but TensorFlow's variable names end in ":0" and Theano's do not.
  for (const name of weightNames) return /:\d+$/.test(name) ? 'tensorflow' : 'theano';
  return 'unknown';
}
