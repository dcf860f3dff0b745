// The family of layers that a table of operators makes: one row lowers one operator.

import type { Layer, LayerFamily, Value } from '../layer.ts';
import { PREFIX } from './names.ts';

export type Rows = Readonly<Record<string, (layer: Layer) => Value | readonly Value[]>>;

export function familyOfRows(rows: Rows): LayerFamily {
  return {
    classNames: Object.keys(rows).map((name) => PREFIX + name),
    keepsDType: true,
    lower(layer) {
      layer.config.get('function'); // its name, which the class name says already
      const name = layer.className.slice(PREFIX.length);
      return rows[name]?.(layer) ?? layer.fail(`${name} is not known`);
    },
  };
}
