// The recurrence behind the name of a layer class.

import type { LayerConfig } from '../config.ts';
import { convRecurrence } from './conv-lstm.ts';
import { cellRecurrence, type Recurrence, readCells } from './recurrence.ts';

/** undefined for classes that are no recurrent layers and for cells that are somebody's own code. */
export function readRecurrence(className: string, config: LayerConfig, prefix = ''): Recurrence | undefined {
  const cells = readCells(className, config, prefix);
  return cells === undefined ? convRecurrence(className, config, prefix) : cellRecurrence(cells);
}
