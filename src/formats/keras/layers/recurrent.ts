// https://keras.io/api/layers/recurrent_layers/
// One ONNX operator per layer over the whole sequence, or a Scan where convolutions recur (recurrent/).

import type { LayerFamily } from '../layer.ts';
import { finish, optionsProblem, recurrentOptions } from '../recurrent/options.ts';
import { readRecurrence } from '../recurrent/read-recurrence.ts';

export default {
  classNames: ['SimpleRNN', 'GRU', 'LSTM', 'CuDNNGRU', 'CuDNNLSTM', 'ConvLSTM1D', 'ConvLSTM2D', 'ConvLSTM3D'],
  masks: 'own',
  keywords: ['initial_state'],
  weights: (config, className) => readRecurrence(className, config)?.slots ?? [],
  problem: (config, dialect, className) =>
    optionsProblem(config) ?? readRecurrence(className, config)?.problem(dialect),
  lower(layer) {
    const { config, className } = layer;
    const [input] = layer.inputs;
    if (input === undefined) return layer.fail('it is called without a tensor');
    const recurrence = readRecurrence(className, config) ?? layer.fail(`${className} is not known`);
    return finish(layer, recurrentOptions(config), input, recurrence);
  },
} satisfies LayerFamily;
