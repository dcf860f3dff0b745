// A TFLite file with every builtin operator in it, every option other than its default.

import type { Field } from '../../../src/encoding/flatbuffers-table.ts';
import type { Operator, OptionValue, TfliteFile, TfliteTensor } from '../../../src/formats/tflite/records.ts';
import { operatorNames, optionsOf } from '../../../src/formats/tflite/schema-operators.ts';

const tensor: TfliteTensor = {
  name: 'x',
  type: 'float32',
  shape: [1, 4],
  shapeSignature: [-1, 4],
};

export const everyOperator: TfliteFile = {
  version: 3,
  description: 'every operator',
  metadata: [{ name: 'note', data: Uint8Array.of(1, 2, 3) }],
  signatures: [
    {
      key: 'serving_default',
      subgraph: 0,
      inputs: [{ name: 'x', tensor: 0 }],
      outputs: [{ name: 'y', tensor: 1 }],
    },
  ],
  subgraphs: [
    {
      name: 'main',
      tensors: [
        tensor,
        { name: 'y', type: 'int8', shape: [1, 4], quantization: { scale: [0.5], zeroPoint: [-3], axis: 0 } },
        { name: 'weights', type: 'float32', shape: [2], data: Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64) },
        { name: 'scalar', type: 'int32', shape: [], data: Uint8Array.of(7, 0, 0, 0) },
        { name: 'unranked', type: 'float32', shape: undefined },
        { name: 'state', type: 'float32', shape: [1, 2], isVariable: true },
        { name: 'none', type: 'int32', shape: [0], data: new Uint8Array() },
        {
          name: 'channels',
          type: 'int8',
          shape: [2, 2],
          data: Uint8Array.of(1, 2, 3, 4),
          quantization: { scale: [0.25, 0.5], zeroPoint: [0, 0], axis: 1, min: [-1, -2], max: [1, 2] },
        },
        {
          name: 'blocks',
          type: 'int4',
          shape: [2, 32],
          data: new Uint8Array(32).fill(0x12),
          quantization: {
            scale: [],
            zeroPoint: [],
            axis: 0,
            blockwise: { scales: 2, zeroPoints: -1, blockSize: 32 },
          },
        },
        {
          name: 'sparse',
          type: 'float32',
          shape: [2, 2],
          data: Uint8Array.of(0, 0, 128, 63),
          sparsity: {
            traversalOrder: [0, 1],
            blockMap: [],
            dimensions: [
              { format: 'dense', size: 2 },
              { format: 'csr', segments: Uint8Array.of(0, 1, 1), indices: Uint16Array.of(1) },
            ],
          },
        },
      ],
      inputs: [0],
      outputs: [1],
      operators: operatorNames.map(operator),
    },
  ],
};

function operator(opcode: string, place: number): Operator {
  const base = {
    opcode,
    version: (place % 3) + 1,
    inputs: [0, -1, 2],
    outputs: [1],
    options: options(opcode),
  };
  if (opcode !== 'CUSTOM') return base;
  return { ...base, custom: 'Mine', customOptions: Uint8Array.of(9, 8), intermediates: [5] };
}

function options(opcode: string): Record<string, OptionValue> {
  const known = optionsOf(opcode);
  if (known === undefined) return {};
  return Object.fromEntries(
    Object.entries(known.table).flatMap(([name, field], place): [string, OptionValue][] => {
      const value = other(field, place + 1);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function other(field: Field, number: number): OptionValue | undefined {
  switch (field.kind) {
    case 'scalar':
      return field.type === 'bool' ? !field.initial : field.type === 'float32' ? number + 0.5 : number + 1;
    case 'enum':
      return field.names.find((name) => name !== field.initial) ?? field.initial;
    case 'string':
      return `text ${number}`;
    case 'bytes':
      return Uint8Array.of(number, 2, 3);
    case 'numbers':
      return field.type === 'bool' ? [1, 0] : [number, 2, 3];
    default:
      return undefined;
  }
}
