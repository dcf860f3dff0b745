// The operators of a subgraph as records. https://ai.google.dev/edge/litert (schema.fbs, Operator and OperatorCode)

import type { ModelTable, Source } from './decode.ts';
import type { Operator, OptionValue } from './records.ts';
import { operatorName, optionsOf } from './schema-operators.ts';

type SubgraphTable = NonNullable<ModelTable['subgraphs']>[number];
type OperatorTable = NonNullable<SubgraphTable['operators']>[number];
type CheckIndices = (
  indices: readonly number[] | undefined,
  role: string,
  isOptional?: boolean,
) => readonly number[];

export function decodeOperators(
  tables: readonly OperatorTable[],
  what: string,
  at: CheckIndices,
  source: Source,
): Operator[] {
  const codes = source.root.operatorCodes ?? [];
  return tables.map((table, number) => {
    const code = codes[table.opcodeIndex];
    if (code === undefined) {
      throw source.damaged(
        `operator ${number} of ${what} has operator code ${table.opcodeIndex}, and there are ${codes.length}`,
      );
    }
    // Whichever is larger: files older than the second field have only the first, and newer ones write both.
    const opcode = operatorName(Math.max(code.deprecatedBuiltinCode, code.builtinCode));
    const label = `operator ${number} (${opcode})`;
    const customOptions = customOptionsOf(table, label, source);
    return {
      opcode,
      ...(code.customCode === undefined ? {} : { custom: code.customCode }),
      version: code.version,
      inputs: at(table.inputs, `an input of ${label}`, true),
      outputs: at(table.outputs, `an output of ${label}`),
      ...(table.intermediates?.length
        ? { intermediates: at(table.intermediates, `an intermediate of ${label}`) }
        : {}),
      options: decodeOptions(table, opcode),
      ...(customOptions ? { customOptions } : {}),
    };
  });
}

function customOptionsOf(
  table: OperatorTable,
  label: string,
  { bytes, damaged }: Source,
): Uint8Array | undefined {
  const { largeCustomOptionsOffset: start, largeCustomOptionsSize: size } = table;
  if (start <= 1) return table.customOptions;
  if (start + size <= bytes.length) return bytes.subarray(start, start + size);
  throw damaged(
    `the options of ${label} reach to byte ${start + size}, and the file ends at ${bytes.length}`,
  );
}

// Options in a table that is not the operator's count as those of no table: the runtime looks for its own only.
function decodeOptions(table: OperatorTable, opcode: string): Readonly<Record<string, OptionValue>> {
  const known = optionsOf(opcode);
  if (known === undefined) return {};
  const given = table[known.union];
  const found = given?.type === known.name ? given.value : {};
  return Object.fromEntries(
    Object.entries(known.table).flatMap(([name, field]): [string, OptionValue][] => {
      if (field.kind === 'deprecated') return [];
      const value = found[name] as OptionValue | undefined;
      if (value !== undefined) return [[name, value]];
      if ('initial' in field) return [[name, field.initial]];
      return [[name, field.kind === 'string' ? '' : field.kind === 'bytes' ? new Uint8Array() : []]];
    }),
  );
}
