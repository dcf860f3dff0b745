// Enumerations that several tables of the schema share.

import { choice } from '../../encoding/flatbuffers-table.ts';
import type { TensorTypeName } from './records.ts';

/** Names of TensorType in the order of their values. */
export const tensorTypes = [
  'FLOAT32',
  'FLOAT16',
  'INT32',
  'UINT8',
  'INT64',
  'STRING',
  'BOOL',
  'INT16',
  'COMPLEX64',
  'INT8',
  'FLOAT64',
  'COMPLEX128',
  'UINT64',
  'RESOURCE',
  'VARIANT',
  'UINT32',
  'UINT16',
  'INT4',
  'BFLOAT16',
  'INT2',
  'UINT4',
  'FLOAT8_E4M3FN',
  'FLOAT8_E5M2',
] as const;

export const tensorType = (initial = 'FLOAT32') => choice('int8', tensorTypes, initial);
export const customOptionsFormat = () => choice('int8', ['FLEXBUFFERS']);

const byName = new Map(tensorTypes.map((name) => [name as string, lower(name)]));

/** The records' name of an element type; undefined for one that is not known. */
export function typeName(name: string): TensorTypeName | undefined {
  return byName.get(name);
}

/** The schema's name of an element type. */
export function schemaType(name: TensorTypeName): string {
  return name.startsWith('float8') ? name.toUpperCase().replace('FLOAT8', 'FLOAT8_') : name.toUpperCase();
}

// FLOAT8_E4M3FN is float8e4m3fn.
function lower(name: string): TensorTypeName {
  return name.toLowerCase().replace('_', '') as TensorTypeName;
}
