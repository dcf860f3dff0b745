// The recurrence behind the name of a layer class.

import type { LayerConfig } from '../config.ts';
import { cellRecurrence, type Recurrence, readCells } from './recurrence.ts';

/** undefined for classes that are no recurrent layers and for cells that are somebody's own code. */
export function readRecurrence(
  className: string,
  config: LayerConfig,
  prefix: string,
): Recurrence | undefined {
  const cells = readCells(className, config, prefix);
  return cells === undefined ? undefined : cellRecurrence(cells);
}
