// Whether the libraries that read files load here.

import { memorySource } from '../../../encoding/byte-source.ts';
import { openDuckDB } from '../../../encoding/duckdb.ts';
import { openHdf5 } from '../../../encoding/hdf5.ts';
import { MlctlError } from '../../../errors.ts';
import type { Check, Finding } from '../definition.ts';

const libraries: readonly { name: string; use: string; load: () => Promise<void> }[] = [
  {
    name: 'h5wasm',
    use: 'Keras files',
    async load() {
      // It is no HDF5, and who says so is the library.
      await openHdf5('probe', memorySource(new Uint8Array(64))).catch((cause: unknown) => {
        if (!(cause instanceof MlctlError)) throw cause;
      });
    },
  },
  {
    name: 'DuckDB',
    use: 'Parquet and JSON lines',
    async load() {
      const database = await openDuckDB(64 * 2 ** 20);
      await database.query('select 1');
      database.close();
    },
  },
];

const check = {
  name: 'libraries',
  stage: 'installation',
  async run(): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const { name, use, load } of libraries) {
      try {
        await load();
        findings.push({ severity: 'ok', message: `${name} loads (${use})` });
      } catch (cause) {
        const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
        findings.push({
          severity: 'problem',
          message: `${name}, which reads ${use}, does not load: ${why}`,
          remediation: 'install again on this machine: npm ci',
        });
      }
    }
    return findings;
  },
} satisfies Check;

export default check;
