// Records to files and back.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTflite, encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import type { Operator, TfliteFile } from '../../../src/formats/tflite/records.ts';
import {
  minRuntimeVersion,
  runtimeVersion,
  stampRuntimeVersion,
} from '../../../src/formats/tflite/runtime-versions.ts';
import { operatorNames } from '../../../src/formats/tflite/schema-operators.ts';
import { corpusFiles, corpusFolder } from './corpus.ts';
import { everyOperator } from './every-operator.ts';

const again = (file: TfliteFile) => decodeTflite(encodeTfliteBytes(file), 'again');

describe('a file written from records', () => {
  it('gives the records again, with every operator and option', () => {
    expect(again(everyOperator)).toEqual(everyOperator);
  });

  it('is the same every time', () => {
    expect(encodeTfliteBytes(everyOperator)).toEqual(encodeTfliteBytes(everyOperator));
  });

  it('keeps large contents as they are given', () => {
    const data = new Uint8Array(4096).fill(7);
    const [subgraph] = everyOperator.subgraphs;
    const tensors = [
      ...(subgraph?.tensors ?? []),
      { name: 'big', type: 'uint8', shape: [4096], data } as const,
    ];
    const chunks = encodeTflite({ ...everyOperator, subgraphs: [{ ...subgraph, tensors } as never] });
    expect(chunks.some((chunk) => chunk.buffer === data.buffer)).toBe(true);
  });

  it('has equal contents once, from an address divisible by 16 on', () => {
    const data = Uint8Array.from({ length: 100 }, (_, index) => index);
    const copies = [data, data.slice(), data.slice()];
    const tensors = copies.map((each, index) => ({
      name: `t${index}`,
      type: 'uint8' as const,
      shape: [100],
      data: each,
    }));
    const file = {
      ...everyOperator,
      subgraphs: [{ name: '', tensors, inputs: [], outputs: [], operators: [] }],
      signatures: [],
    };
    const bytes = Buffer.from(encodeTfliteBytes(file));
    const at = bytes.indexOf(Buffer.from(data));
    expect(at % 16).toBe(0);
    expect(bytes.indexOf(Buffer.from(data), at + 1)).toBe(-1);
  });

  it('refuses options that the operator does not have', () => {
    const operator: Operator = {
      opcode: 'CONV_2D',
      version: 1,
      inputs: [],
      outputs: [],
      options: { stride: 2 },
    };
    const [subgraph] = everyOperator.subgraphs;
    const file = { ...everyOperator, subgraphs: [{ ...subgraph, operators: [operator] } as never] };
    expect(() => encodeTflite(file)).toThrow('Conv2DOptions of CONV_2D has no field stride');
  });

  it('takes element types of options in the case of the records', () => {
    const operator: Operator = {
      opcode: 'CAST',
      version: 1,
      inputs: [0],
      outputs: [1],
      options: { outDataType: 'int64' },
    };
    const [subgraph] = everyOperator.subgraphs;
    const file = again({ ...everyOperator, subgraphs: [{ ...subgraph, operators: [operator] } as never] });
    expect(file.subgraphs[0]?.operators[0]?.options).toEqual({ inDataType: 'FLOAT32', outDataType: 'INT64' });
  });
});

describe('operators', () => {
  it('have the codes of the public schema', () => {
    expect(operatorNames).toHaveLength(210);
    const known = {
      ADD: 0,
      CONV_2D: 3,
      CUSTOM: 32,
      BATCH_MATMUL: 126,
      CUMSUM: 128,
      GELU: 150,
      STABLEHLO_CASE: 209,
    };
    for (const [name, code] of Object.entries(known)) expect(operatorNames.indexOf(name)).toBe(code);
  });
});

describe('the oldest runtime', () => {
  const operator = (opcode: string, version: number): Operator => ({
    opcode,
    version,
    inputs: [],
    outputs: [],
    options: {},
  });
  const file = (...operators: Operator[]): TfliteFile => ({
    version: 3,
    description: '',
    metadata: [],
    signatures: [],
    subgraphs: [{ name: '', tensors: [], inputs: [], outputs: [], operators }],
  });

  it('is that of the newest operator', () => {
    expect(minRuntimeVersion(file(operator('CONV_2D', 1), operator('FULLY_CONNECTED', 9)))).toBe('2.3.0');
    expect(minRuntimeVersion(file(operator('ADD', 1), operator('CONV_2D', 7)))).toBe('2.11.0');
    expect(minRuntimeVersion(file(operator('CUSTOM', 1)))).toBe('');
    expect(runtimeVersion('BROADCAST_TO', 1)).toBeUndefined();
  });

  it('is stamped into 16 bytes of metadata, once', () => {
    const stamped = stampRuntimeVersion(stampRuntimeVersion(file(operator('CONV_2D', 3))));
    expect(stamped.metadata).toHaveLength(1);
    expect(Buffer.from(stamped.metadata[0]?.data ?? []).toString('latin1')).toBe('1.14.0'.padEnd(16, '\0'));
  });
});

describe.skipIf(corpusFolder === undefined)('files of the corpus', () => {
  it.each(corpusFiles())('%s', (name) => {
    const bytes = readFileSync(join(corpusFolder ?? '', name));
    const file = decodeTflite(bytes, name);
    const written = encodeTfliteBytes(file);
    const same = decodeTflite(written, name);
    // vitest takes seconds to compare megabytes: it does so only to say what differs.
    if (!isDeepStrictEqual(same, file)) expect(same).toEqual(file);
    // Padding alone moves very small files.
    expect(written.length).toBeLessThanOrEqual(Math.max(bytes.length * 1.02, bytes.length + 64));
  });
});
