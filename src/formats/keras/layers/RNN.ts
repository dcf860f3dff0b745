// https://keras.io/api/layers/recurrent_layers/rnn/
// A layer around one cell or a stack of them (StackedRNNCells).

import type { LayerConfig } from '../config.ts';
import { isRecord } from '../json-shape.ts';
import type { LayerFamily } from '../layer.ts';
import { finish, optionsProblem, recurrentOptions } from '../recurrent/options.ts';
import { cellRecurrence, readCells } from '../recurrent/recurrence.ts';

export default {
  classNames: ['RNN'],
  masks: 'own',
  keywords: ['initial_state'],
  weights: (config) => cellRecurrence(readCells('RNN', config) ?? []).slots,
  problem(config, dialect) {
    const cells = readCells('RNN', config);
    if (cells === undefined) return `its cell is code of its author (${cellName(config)})`;
    if (isReversedOrder(config)) return 'reverse_state_order is not supported';
    return optionsProblem(config) ?? cellRecurrence(cells).problem(dialect);
  },
  lower(layer) {
    const [input] = layer.inputs;
    if (input === undefined) return layer.fail('it is called without a tensor');
    const cells = readCells('RNN', layer.config) ?? layer.fail('its cell is not known');
    return finish(layer, recurrentOptions(layer.config), input, cellRecurrence(cells));
  },
} satisfies LayerFamily;

function cellName(config: LayerConfig): string {
  const cell = config.get('cell');
  if (!isRecord(cell)) return 'without a name';
  const cells = isRecord(cell.config) ? cell.config.cells : undefined;
  const names = (Array.isArray(cells) ? cells : [cell]).map((each) =>
    isRecord(each) ? each.class_name : '?',
  );
  return names.join(', ');
}

/** Keras 2.2 and earlier kept the states of a stack from top to bottom, and later files may ask for it. */
function isReversedOrder(config: LayerConfig): boolean {
  const cell = config.get('cell');
  const hasStates = config.boolean('return_state', false);
  return hasStates && isRecord(cell) && isRecord(cell.config) && cell.config.reverse_state_order === true;
}
