// https://keras.io/api/layers/recurrent_layers/
// One ONNX operator per layer over the whole sequence (recurrent/).

import type { LayerConfig } from '../config.ts';
import type { LayerFamily } from '../layer.ts';
import { finish, optionsProblem, recurrentOptions } from '../recurrent/options.ts';
import { cellRecurrence, readCells } from '../recurrent/recurrence.ts';

export default {
  classNames: ['SimpleRNN', 'GRU', 'LSTM', 'CuDNNGRU', 'CuDNNLSTM'],
  masks: 'own',
  keywords: ['initial_state'],
  weights: (config, className) => recurrence(config, className).slots,
  problem: (config, dialect, className) =>
    optionsProblem(config) ?? recurrence(config, className).problem(dialect),
  lower(layer) {
    const [input] = layer.inputs;
    if (input === undefined) return layer.fail('it is called without a tensor');
    return finish(layer, recurrentOptions(layer.config), input, recurrence(layer.config, layer.className));
  },
} satisfies LayerFamily;

function recurrence(config: LayerConfig, className: string) {
  return cellRecurrence(readCells(className, config) ?? []);
}
