// Operators as tables, and the list of operator codes they point into, each once.
// https://ai.google.dev/edge/litert (schema.fbs, Operator and OperatorCode)

import type { Field } from '../../encoding/flatbuffers-table.ts';
import type { Operator, OptionValue } from './records.ts';
import { operatorCode, optionsOf } from './schema-operators.ts';
import { tensorTypes } from './schema-types.ts';

type CodeTable = {
  readonly deprecatedBuiltinCode: number;
  readonly customCode: string | undefined;
  readonly version: number;
  readonly builtinCode: number;
};

export class OperatorCodes {
  readonly tables: CodeTable[] = [];
  readonly #indices = new Map<string, number>();

  encode(operator: Operator) {
    const { inputs, outputs, intermediates, customOptions } = operator;
    return {
      opcodeIndex: this.#index(operator),
      inputs,
      outputs,
      ...encodeOptions(operator),
      customOptions,
      intermediates: intermediates?.length ? intermediates : undefined,
    };
  }

  #index({ opcode, custom, version }: Operator): number {
    const key = JSON.stringify([opcode, custom, version]);
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    const code = operatorCode(opcode);
    if (code === undefined) throw new TypeError(`TFLite has no operator ${opcode}`);
    // Readers take the larger one: the first field of one byte is for those older than the second.
    const table = {
      deprecatedBuiltinCode: Math.min(code, 127),
      customCode: custom,
      version,
      builtinCode: code,
    };
    const index = this.tables.push(table) - 1;
    this.#indices.set(key, index);
    return index;
  }
}

function encodeOptions({ opcode, options }: Operator) {
  const known = optionsOf(opcode);
  if (known === undefined) return {};
  const value: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const field = known.table[name];
    if (field === undefined || field.kind === 'deprecated') {
      throw new TypeError(`${known.name} of ${opcode} has no field ${name}`);
    }
    value[name] = encodeOption(option, field);
  }
  return { [known.union]: { type: known.name, value } };
}

function encodeOption(option: OptionValue, field: Field): unknown {
  // Absent stands for empty.
  if (typeof option === 'object' && option.length === 0) return undefined;
  if (field.kind === 'string') return option === '' ? undefined : option;
  return field.kind === 'enum' && field.names === tensorTypes ? String(option).toUpperCase() : option;
}
