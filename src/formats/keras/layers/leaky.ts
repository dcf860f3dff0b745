// Activations with one number, each a layer of its own.
// https://keras.io/api/layers/activation_layers/

import { float } from '../../../graph/attribute.ts';
import type { LayerFamily } from '../layer.ts';

type Row = { readonly opType: string; readonly keys: readonly string[]; readonly fallback: number };

const ROWS: Readonly<Record<string, Row>> = {
  // Keras 3 renamed alpha.
  LeakyReLU: { opType: 'LeakyRelu', keys: ['negative_slope', 'alpha'], fallback: 0.3 },
  ELU: { opType: 'Elu', keys: ['alpha'], fallback: 1 },
  ThresholdedReLU: { opType: 'ThresholdedRelu', keys: ['theta'], fallback: 1 },
};

export default {
  classNames: Object.keys(ROWS),
  masks: 'pass',
  lower(layer) {
    const { input, config, className } = layer;
    const { opType, keys, fallback } = ROWS[className] ?? { opType: 'Elu', keys: ['alpha'], fallback: 1 };
    const given = keys.map((key) => parameterOf(config.get(key))).find((value) => value !== undefined);
    const alpha = given ?? fallback;
    return { ...input, name: layer.add(opType, [input.name], { attributes: { alpha: float(alpha) } }) };
  },
} satisfies LayerFamily;

/** Keras 2 wrote some of these numbers as arrays: {"type": "ndarray", "value": 0.3}. */
function parameterOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const inner =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>).value : undefined;
  return typeof inner === 'number' ? inner : undefined;
}
