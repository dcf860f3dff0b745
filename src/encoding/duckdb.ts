// Tables out of DuckDB: the one file that loads it. Every query sees only what it is given: no extension is
// downloaded or loaded, memory is bounded, values are bound as parameters.
// https://duckdb.org/docs/stable/configuration/overview

export type QueryColumn = {
  readonly name: string;
  readonly values: ColumnValues;
};

export type ColumnValues =
  /** Numbers and booleans (0 and 1); NULL is NaN. */
  | { readonly kind: 'number'; readonly values: Float64Array }
  /** Everything else, as text; NULL is null. */
  | { readonly kind: 'text'; readonly values: readonly (string | null)[] }
  /** Lists of numbers, one per row. */
  | { readonly kind: 'list'; readonly values: readonly (readonly number[] | null)[] };

export type QueryResult = { readonly rows: number; readonly columns: readonly QueryColumn[] };

export type DuckDB = {
  /** Runs one statement. Errors are DuckDB's own, with its message; the caller knows what the file was. */
  query(sql: string, parameters?: readonly (string | number | boolean)[]): Promise<QueryResult>;
  close(): void;
};

/** Opens an empty database in memory. Close it when done. */
export async function openDuckDB(memoryBytes = 2 * 2 ** 30): Promise<DuckDB> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: `${Math.floor(memoryBytes / 2 ** 20)}MiB`,
    // Nothing is spilled into the current folder: a query that needs more memory fails.
    temp_directory: '',
  });
  const connection = await instance.connect();
  return {
    async query(sql, parameters = []) {
      // run, not stream: a streamed result ends early and silently when a later row cannot be read.
      const result = await connection.run(sql, [...parameters]);
      const names = result.deduplicatedColumnNames();
      const readers = names.map((_, index) =>
        columnReader(String(result.columnType(index)), result.rowCount),
      );
      let row = 0;
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        readers.forEach((reader, index) => {
          reader.take(chunk.getColumnVector(index), chunk.rowCount, row);
        });
        row += chunk.rowCount;
      }
      return {
        rows: row,
        columns: names.map((name, index) => ({ name, values: (readers[index] as Reader).values })),
      };
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text literal for SQL, for the few places that take no parameter. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

type Vector = { getItem(index: number): unknown };
type Reader = { readonly values: ColumnValues; take(vector: Vector, count: number, at: number): void };

const numberType = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|BOOLEAN)$/;
const listType = /^(.*)\[\d*\]$/;

function columnReader(type: string, rows: number): Reader {
  if (numberType.test(type)) {
    const values = new Float64Array(rows);
    return {
      values: { kind: 'number', values },
      take(vector, count, at) {
        for (let row = 0; row < count; row++) values[at + row] = toNumber(vector.getItem(row));
      },
    };
  }
  const element = listType.exec(type)?.[1];
  if (element !== undefined && numberType.test(element)) {
    const values: (number[] | null)[] = [];
    return {
      values: { kind: 'list', values },
      take(vector, count) {
        for (let row = 0; row < count; row++) values.push(toNumbers(vector.getItem(row)));
      },
    };
  }
  const values: (string | null)[] = [];
  return {
    values: { kind: 'text', values },
    take(vector, count) {
      for (let row = 0; row < count; row++) {
        const item = vector.getItem(row);
        values.push(item === null || item === undefined ? null : String(item));
      }
    },
  };
}

function toNumber(item: unknown): number {
  if (item === null || item === undefined) return Number.NaN;
  if (typeof item === 'object' && 'toDouble' in item && typeof item.toDouble === 'function') {
    return item.toDouble() as number; // DECIMAL
  }
  return Number(item);
}

function toNumbers(item: unknown): number[] | null {
  if (item === null || typeof item !== 'object' || !('items' in item)) return null;
  return Array.isArray(item.items) ? item.items.map(toNumber) : null;
}
