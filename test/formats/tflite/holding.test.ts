// What the report says of a written TFLite file.

import { expect, test } from 'vitest';
import { holding } from '../../../src/formats/tflite/holding.ts';
import type { TfliteFile } from '../../../src/formats/tflite/records.ts';

const op = (opcode: string, input: number, output: number) => ({
  opcode,
  version: 1,
  inputs: [input],
  outputs: [output],
  options: {},
});

function file(...opcodes: string[]): TfliteFile {
  const operators = opcodes.map((opcode, index) => op(opcode, index, index + 1));
  const tensors = Array.from({ length: opcodes.length + 1 }, (_, index) => ({
    name: String(index),
    type: 'float32' as const,
    shape: [1],
  }));
  const subgraph = { name: 'main', tensors, inputs: [0], outputs: [opcodes.length], operators };
  return { version: 3, description: '', subgraphs: [subgraph], metadata: [], signatures: [] };
}

test.each<[string, string[], number, number]>([
  ['none', ['RELU', 'RESHAPE'], 0, 0],
  ['at the input', ['TRANSPOSE', 'RELU'], 0, 1],
  ['behind a RESHAPE of the input', ['RESHAPE', 'TRANSPOSE', 'RELU'], 0, 1],
  ['in front of shapes of the output', ['RELU', 'TRANSPOSE', 'RESHAPE', 'SQUEEZE'], 0, 1],
  ['inside', ['RELU', 'TRANSPOSE', 'TANH'], 1, 0],
])('TRANSPOSE %s', (_, opcodes, inside, atBoundary) => {
  expect(holding(file(...opcodes))).toEqual({
    formatVersion: 'TFLite schema 3',
    operators: opcodes.length,
    transposes: { inside, atBoundary },
  });
});

test('operators and TRANSPOSEs of the bodies of loops count', () => {
  const one = file('RELU');
  const [body] = file('TRANSPOSE').subgraphs;
  expect(holding({ ...one, subgraphs: [...one.subgraphs, ...(body ? [body] : [])] })).toMatchObject({
    operators: 2,
    transposes: { inside: 1, atBoundary: 0 },
  });
});
