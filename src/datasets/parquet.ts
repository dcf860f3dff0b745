// Parquet tables.

import type { DatasetFormat } from './definition.ts';
import { readTable } from './table.ts';

export default {
  name: 'parquet',
  title: 'Parquet (.parquet)',
  extensions: ['.parquet', '.pq'],
  match: ({ head }) => String.fromCharCode(...head.subarray(0, 4)) === 'PAR1',
  async read(source) {
    return { kind: 'table', table: await readTable(source, 'SELECT * FROM read_parquet($1)', {}) };
  },
} satisfies DatasetFormat;
