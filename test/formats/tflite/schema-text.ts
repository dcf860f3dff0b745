// Our table of fields as the text of a FlatBuffers schema, so that flatc can say whether we read and write it right.
// https://flatbuffers.dev/schema/

import {
  type Field,
  fieldIds,
  type ScalarType,
  type Table,
} from '../../../src/encoding/flatbuffers-table.ts';

const scalars: Readonly<Record<ScalarType, string>> = {
  bool: 'bool',
  int8: 'byte',
  uint8: 'ubyte',
  int16: 'short',
  uint16: 'ushort',
  int32: 'int',
  uint32: 'uint',
  int64: 'long',
  uint64: 'ulong',
  float32: 'float',
  float64: 'double',
};

export function schemaText(root: Table, rootName: string, identifier: string): string {
  const writer = new Writer();
  writer.table(root, rootName);
  return [...writer.parts, `root_type ${rootName};`, `file_identifier "${identifier}";`].join('\n');
}

class Writer {
  readonly parts: string[] = [];
  readonly #names = new Map<Table, string>();
  readonly #enums = new Map<string, string>();

  table(table: Table, wanted: string): string {
    const known = this.#names.get(table);
    if (known !== undefined) return known;
    const taken = new Set(this.#names.values());
    let name = wanted;
    for (let suffix = 2; taken.has(name); suffix++) name = `${wanted}${suffix}`;
    this.#names.set(table, name);
    const fields = fieldIds(table).map(([field, , kind]) => `  ${field}: ${this.#type(kind, field)};`);
    this.parts.push(`table ${name} {`, ...fields, '}');
    return name;
  }

  #type(field: Field, name: string): string {
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    switch (field.kind) {
      case 'scalar':
        return `${scalars[field.type]} = ${field.initial}`;
      case 'enum':
        return `${this.#enum(field.names, scalars[field.type], title)} = ${field.initial}`;
      case 'string':
        return 'string';
      case 'bytes':
        return `[ubyte]${field.align > 1 ? ` (force_align: ${field.align})` : ''}`;
      case 'numbers':
        return `[${scalars[field.type]}]`;
      case 'table':
        return this.table(field.table, title);
      case 'tables':
        return `[${this.table(field.table, title.replace(/s$/, ''))}]`;
      case 'union': {
        const members = Object.entries(field.tables).map(([member, table]) => this.table(table, member));
        const key = members.join(', ');
        const known = this.#enums.get(key);
        if (known === undefined) {
          this.#enums.set(key, `${title}Union`);
          this.parts.push(`union ${title}Union { ${key} }`);
        }
        return known ?? `${title}Union`;
      }
      case 'deprecated':
        return 'int (deprecated)';
    }
  }

  #enum(names: readonly string[], type: string, title: string): string {
    const key = `${type} ${names.join(', ')}`;
    const known = this.#enums.get(key);
    if (known !== undefined) return known;
    const name = `${title}Enum${this.#enums.size}`;
    this.#enums.set(key, name);
    this.parts.push(`enum ${name} : ${type} { ${names.join(', ')} }`);
    return name;
  }
}
