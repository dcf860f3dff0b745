// https://keras.io/api/layers/recurrent_layers/bidirectional/
// Two recurrent layers over one sequence, the second from its end. Where both halves are the same but for their
// weights they are one ONNX operator.

import { LayerConfig } from '../config.ts';
import { isRecord } from '../json-shape.ts';
import type { LayerFamily } from '../layer.ts';
import { bothWays, type Half } from '../recurrent/both-ways.ts';
import { optionsProblem, recurrentOptions } from '../recurrent/options.ts';
import { readRecurrence } from '../recurrent/read-recurrence.ts';

export default {
  classNames: ['Bidirectional'],
  masks: 'own',
  keywords: ['initial_state'],
  weights: (config) => halves(config).flatMap((half) => half?.recurrence.slots ?? []),
  problem(config, dialect) {
    for (const half of halves(config)) {
      if (half === undefined) return `it wraps ${className(config)}, which is no recurrent layer of Keras`;
      const reason = optionsProblem(half.config) ?? half.recurrence.problem(dialect);
      if (reason !== undefined) return reason;
    }
    return undefined;
  },
  lower(layer) {
    const [forward, backward] = halves(layer.config);
    if (forward === undefined || backward === undefined) return layer.fail('it wraps no recurrent layer');
    return bothWays(layer, forward, backward);
  },
} satisfies LayerFamily;

function className(config: LayerConfig): unknown {
  const written = config.get('layer');
  return isRecord(written) ? written.class_name : 'nothing';
}

/** Forward and backward. Keras writes the second only when it was given by itself. */
function halves(config: LayerConfig): readonly [Half | undefined, Half | undefined] {
  const forward = config.get('layer');
  const backward = config.get('backward_layer');
  return [
    readHalf(config, forward, 'forward/', undefined),
    isRecord(backward)
      ? readHalf(config, backward, 'backward/', undefined)
      : readHalf(config, forward, 'backward/', 'turned'),
  ];
}

function readHalf(
  parent: LayerConfig,
  written: unknown,
  prefix: string,
  turned: 'turned' | undefined,
): Half | undefined {
  if (!isRecord(written) || typeof written.class_name !== 'string' || !isRecord(written.config)) {
    return undefined;
  }
  const config = new LayerConfig(written.config, parent.fail);
  const recurrence = readRecurrence(written.class_name, config, prefix);
  if (recurrence === undefined) return undefined;
  const options = recurrentOptions(config);
  const isBackwards = turned === undefined ? options.isBackwards : !options.isBackwards;
  return { config, recurrence, options: { ...options, isBackwards } };
}
