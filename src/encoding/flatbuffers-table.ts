// How tables of a FlatBuffers schema are described: fields in the order of their ids. https://flatbuffers.dev/schema/

export type ScalarType =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float32'
  | 'float64';

export const scalarBytes: Readonly<Record<ScalarType, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
};

/** Fields by name; a field's id is its place, a union takes two. */
export type Table = { readonly [name: string]: Field };

export type Field =
  | { readonly kind: 'scalar'; readonly type: ScalarType; readonly initial: number | boolean }
  /** `names[value]`; a value without a name is written `#value`. */
  | {
      readonly kind: 'enum';
      readonly type: ScalarType;
      readonly names: readonly string[];
      readonly initial: string;
    }
  | { readonly kind: 'string' }
  | { readonly kind: 'bytes'; readonly align: number }
  | { readonly kind: 'numbers'; readonly type: ScalarType; readonly align: number }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'tables'; readonly table: Table }
  /** The member's number is its place, from 1 on. */
  | { readonly kind: 'union'; readonly tables: Readonly<Record<string, Table>> }
  /** An id that is taken and neither read nor written. */
  | { readonly kind: 'deprecated' };

type ValueOf<F> = F extends { kind: 'scalar'; type: infer S }
  ? S extends 'bool'
    ? boolean
    : number
  : F extends { kind: 'enum' }
    ? string
    : F extends { kind: 'string' }
      ? string | undefined
      : F extends { kind: 'bytes' }
        ? Uint8Array | undefined
        : F extends { kind: 'numbers' }
          ? readonly number[] | undefined
          : F extends { kind: 'table'; table: infer T }
            ? RecordOf<T> | undefined
            : F extends { kind: 'tables'; table: infer T }
              ? readonly RecordOf<T>[] | undefined
              : F extends { kind: 'union' }
                ? { readonly type: string; readonly value: Readonly<Record<string, unknown>> } | undefined
                : undefined;

/** The record a table is read as. */
export type RecordOf<T> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** The record a table is written from: what is absent is left out of the file. */
export type PartialRecordOf<T> = {
  readonly [K in keyof T]?: T[K] extends { kind: 'table'; table: infer U }
    ? PartialRecordOf<U> | undefined
    : T[K] extends { kind: 'tables'; table: infer U }
      ? readonly PartialRecordOf<U>[] | undefined
      : ValueOf<T[K]> | undefined;
};

const scalar =
  <S extends ScalarType>(type: S) =>
  (initial = 0) =>
    ({ kind: 'scalar', type, initial }) as const;

export const int8 = scalar('int8');
export const int32 = scalar('int32');
export const uint32 = scalar('uint32');
export const int64 = scalar('int64');
export const uint64 = scalar('uint64');
export const float32 = scalar('float32');
export const bool = (initial = false) => ({ kind: 'scalar', type: 'bool', initial }) as const;
export const choice = (type: ScalarType, names: readonly string[], initial = names[0] ?? '') =>
  ({ kind: 'enum', type, names, initial }) as const;
export const string = { kind: 'string' } as const;
export const bytes = (align = 1) => ({ kind: 'bytes', align }) as const;
export const numbers = (type: ScalarType, align = scalarBytes[type]) =>
  ({ kind: 'numbers', type, align }) as const;
export const one = <T extends Table>(table: T) => ({ kind: 'table', table }) as const;
export const many = <T extends Table>(table: T) => ({ kind: 'tables', table }) as const;
export const union = (tables: Readonly<Record<string, Table>>) => ({ kind: 'union', tables }) as const;
export const deprecated = { kind: 'deprecated' } as const;

const ids = new WeakMap<Table, readonly (readonly [string, number, Field])[]>();

/** Name, id and field, in the order of ids. */
export function fieldIds(table: Table): readonly (readonly [string, number, Field])[] {
  const known = ids.get(table);
  if (known) return known;
  let id = 0;
  const made = Object.entries(table).map(([name, field]): readonly [string, number, Field] => {
    const own = id;
    id += field.kind === 'union' ? 2 : 1;
    return [name, own, field];
  });
  ids.set(table, made);
  return made;
}
