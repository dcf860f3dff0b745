// Subgraphs with lists of tensors, with the options that TensorFlow's converter gives their operators.

import { expect } from 'vitest';
import type { Operator, Subgraph, TensorTypeName } from '../../../src/formats/tflite/records.ts';
import { tensorRecord, type Value } from './lower-build.ts';

export const index: Value = { type: 'int32', shape: [] };
export const lists: Value = { type: 'variant' as TensorTypeName, shape: [] };
export const number = (constant: number): Value => ({ ...index, constant: [constant] });

export type Step = readonly [
  opcode: string,
  inputs: readonly string[],
  outputs: readonly string[],
  options?: object,
];

/** Numbers of TensorFlow's DataType and of TFLite's TensorType. */
const types: Readonly<Record<string, readonly [flex: number, own: number]>> = {
  float32: [1, 0],
  int32: [3, 2],
  bool: [10, 6],
  variant: [21, 14],
};

/** One attribute of a NodeDef: a type (field 6 of AttrValue) or a truth (5). */
function attribute(name: string, field: number, value: number): number[] {
  const key = [...new TextEncoder().encode(name)];
  const entry = [0x0a, key.length, ...key, 0x12, 2, field * 8, value];
  return [0x2a, entry.length, ...entry];
}

export function optionsOf(custom: string, type: string, isGrowing: boolean): Uint8Array {
  const [flex, own] = types[type] ?? expect.unreachable();
  if (!custom.startsWith('Flex')) return Uint8Array.of(own);
  const text = [...new TextEncoder().encode(custom.slice(4))];
  const growing = isGrowing ? attribute('resize_if_index_out_of_bounds', 5, 1) : [];
  const node = [0x12, text.length, ...text, ...growing, ...attribute('element_dtype', 6, flex)];
  return flexList(text, node);
}

/** A FlexBuffer as TensorFlow writes it: a list of two strings, everything one byte wide. */
function flexList(name: readonly number[], node: readonly number[]): Uint8Array {
  const strings = [name.length, ...name, 0, node.length, ...node, 0];
  const list = strings.length + 1;
  const [toName, toNode] = [list - 1, list + 1 - (name.length + 3)];
  const [string, vector] = [5 << 2, 10 << 2];
  return Uint8Array.of(...strings, 2, toName, toNode, string, string, 4, vector, 1);
}

/** Tensors by name; steps name what they read and make. */
export function subgraph(
  name: string,
  tensors: Readonly<Record<string, Value>>,
  inputs: readonly string[],
  outputs: readonly string[],
  operators: readonly Step[],
  element = 'float32',
  isGrowing = false,
): Subgraph {
  const names = Object.keys(tensors);
  const at = (wanted: string) => names.indexOf(wanted);
  return {
    name,
    tensors: names.map((each) => tensorRecord(each, tensors[each] as Value)),
    inputs: inputs.map(at),
    outputs: outputs.map(at),
    operators: operators.map(([opcode, from, to, options = {}]): Operator => {
      const rest = { version: 1, inputs: from.map(at), outputs: to.map(at), options: { ...options } };
      if (!opcode.includes('TensorList')) return { opcode, ...rest };
      const customOptions = optionsOf(opcode, element, isGrowing);
      return { opcode: 'CUSTOM', custom: opcode, customOptions, ...rest };
    }),
  };
}
