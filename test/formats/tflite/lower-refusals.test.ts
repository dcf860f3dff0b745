// What a TFLite file may get wrong, what cannot be expressed, and what is said about it.

import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import { readFlexMap } from '../../../src/formats/tflite/lower/flexbuffer.ts';
import { densify } from '../../../src/formats/tflite/lower/sparse.ts';
import { lowerTflite, unsupportedOperators } from '../../../src/formats/tflite/read.ts';
import type { TfliteFile, TfliteTensor } from '../../../src/formats/tflite/records.ts';
import { tensorType } from '../../../src/graph/model.ts';
import {
  type Case,
  expectNumbers,
  fileOf,
  fixed,
  float,
  ints,
  list,
  quantized,
  runRead,
} from './lower-build.ts';

const add: Case = {
  opcode: 'ADD',
  options: { fusedActivationFunction: 'NONE' },
  inputs: [float([2, 3]), fixed([3])],
  outputs: [{ shape: [2, 3] }],
};

function changed(change: (tensors: TfliteTensor[]) => void, one = add): TfliteFile {
  const file = fileOf(one);
  const [main] = file.subgraphs;
  if (main === undefined) throw new Error('no subgraph');
  const tensors = [...main.tensors];
  change(tensors);
  return { ...file, subgraphs: [{ ...main, tensors }] };
}

function errorOf(file: TfliteFile): MlctlError {
  try {
    lowerTflite(file, 'case.tflite', quietContext());
  } catch (error) {
    if (error instanceof MlctlError) return error;
    throw error;
  }
  return expect.unreachable('the file was read');
}

describe('damaged TFLite files', () => {
  const replace = (index: number, fields: Partial<TfliteTensor>) => (tensors: TfliteTensor[]) => {
    tensors[index] = { ...(tensors[index] as TfliteTensor), ...fields };
  };

  it.each([
    [
      'a constant with too few bytes',
      changed(replace(1, { data: new Uint8Array(8) })),
      /"input_1".*should hold 12 bytes, not 8/,
    ],
    [
      'a constant of a huge shape',
      changed(replace(1, { shape: [2 ** 30, 2 ** 30] })),
      /"input_1".*has the shape/,
    ],
    [
      'a constant of many axes',
      changed(replace(1, { shape: new Array<number>(40).fill(1) })),
      /"input_1".*40 axes/,
    ],
    [
      'a scale that is no number',
      changed(
        replace(1, {
          type: 'int8',
          data: new Uint8Array(3),
          quantization: { scale: [Number.NaN], zeroPoint: [0], axis: 0 },
        }),
      ),
      /scale is not a finite number/,
    ],
    [
      'a zero point outside its type',
      changed(
        replace(1, {
          type: 'int8',
          data: new Uint8Array(3),
          quantization: { scale: [1], zeroPoint: [300], axis: 0 },
        }),
      ),
      /zero point does not fit int8/,
    ],
    [
      'scales that do not fit the axis',
      changed(
        replace(1, {
          type: 'int8',
          data: new Uint8Array(3),
          quantization: { scale: [1, 2], zeroPoint: [0, 0], axis: 0 },
        }),
      ),
      /2 scales for 3 slices/,
    ],
  ])('%s', (_, file, words) => {
    const error = errorOf(file);
    expect(error.code).toBe('MODEL_DAMAGED');
    expect(error.message).toMatch(words);
    expect(error.message).toContain('ADD operator output_0');
  });

  it('a tensor that nothing makes', () => {
    const file = changed((tensors) => {
      const { data: _, ...rest } = tensors[1] as TfliteTensor;
      tensors[1] = rest;
    });
    expect(errorOf(file).message).toMatch(/reads "input_1", which nothing has made/);
  });

  it('a stride of zero', () => {
    const conv: Case = {
      opcode: 'CONV_2D',
      options: { padding: 'SAME', strideW: 0, strideH: 1 },
      inputs: [float([1, 4, 4, 2]), fixed([3, 1, 1, 2])],
      outputs: [{ shape: [1, 4, 4, 3] }],
    };
    expect(errorOf(fileOf(conv)).message).toMatch(/strideW is 0/);
  });
});

describe('TFLite operators without a meaning in ONNX', () => {
  it('are named all at once, each with its reason and how often it comes', () => {
    const file = fileOf(add);
    const [main] = file.subgraphs;
    if (main === undefined) throw new Error('no subgraph');
    const operator = (opcode: string, custom?: string) => ({
      opcode,
      custom,
      version: 1,
      inputs: [0],
      outputs: [2],
      options: {},
    });
    const operators = [
      operator('CUSTOM', 'Mine'),
      operator('CUSTOM', 'Mine'),
      operator('LSH_PROJECTION'),
      operator('CUSTOM', 'FlexErf'),
    ];
    const bad = { ...file, subgraphs: [{ ...main, operators }] };
    expect(unsupportedOperators(bad).map(({ opType, where }) => [opType, where.length])).toEqual([
      ['CUSTOM:Mine', 2],
      ['LSH_PROJECTION', 1],
      ['CUSTOM:FlexErf', 1],
    ]);
    const error = errorOf(bad);
    expect(error.code).toBe('OP_UNSUPPORTED');
    expect(error.message).toMatch(/^4 operators/);
    expect(error.details).toHaveLength(3);
  });

  it('a computed axis is refused, not taken for damage', () => {
    const one: Case = {
      opcode: 'SUM',
      options: {},
      inputs: [float([2, 3]), { type: 'int32', shape: [1], values: [0] }],
      outputs: [{ shape: [3] }],
    };
    expect(errorOf(fileOf(one)).details).toEqual(['SUM x1 (output_0): its axes are computed']);
  });
});

describe('names and shapes', () => {
  it('an axis of unknown length is the batch, and the signature names the ends', () => {
    const batch: Case = {
      ...add,
      inputs: [{ ...float([1, 3]), signature: [-1, 3] }, fixed([3])],
      outputs: [{ shape: [1, 3], signature: [-1, 3] }],
    };
    const entry = (name: string, tensor: number) => [{ name, tensor }];
    const signatures = [
      { key: 'other', subgraph: 0, inputs: entry('a', 0), outputs: entry('b', 2) },
      { key: 'serving_default', subgraph: 0, inputs: entry('x', 0), outputs: entry('y', 2) },
    ];
    const notes: string[] = [];
    const context = quietContext({ diagnose: ({ message }) => notes.push(message) });
    const { graph } = lowerTflite({ ...fileOf(batch), signatures }, 'case.tflite', context);
    expect([graph.inputs, graph.outputs]).toEqual([['x'], ['y']]);
    expect(graph.types.get('x')).toEqual(tensorType('float32', ['batch', 3]));
    expect(graph.types.get('y')).toEqual(tensorType('float32', ['batch', 3]));
    expect(notes).toEqual(['only signature serving_default is read; the file also has other']);
  });

  it('inputs and outputs keep their integers', async () => {
    const one: Case = {
      ...add,
      version: 2,
      inputs: [quantized('int8', [4], 0.1, 2), quantized('int8', [4], 0.1, 2, 2)],
      outputs: [{ type: 'int8', shape: [4], quantization: { scale: [0.2], zeroPoint: [-1] } }],
    };
    const { model } = await runRead(one);
    const dtype = (name: string | undefined) => model.graph.types.get(name ?? '');
    expect(dtype(model.graph.inputs[0])).toEqual(tensorType('int8', [4]));
    expect(dtype(model.graph.outputs[0])).toEqual(tensorType('int8', [4]));
  });
});

describe('constants', () => {
  it('of float16 and int4 become what they stand for', async () => {
    const file = changed((tensors) => {
      const half = Uint16Array.of(0x3c00, 0xc000, 0x0001);
      tensors[1] = { name: 'half', type: 'float16', shape: [3], data: new Uint8Array(half.buffer) };
    });
    const { graph } = lowerTflite(file, 'case.tflite', quietContext());
    expect(
      [...graph.initializers.values()].map(({ data }) => Array.from(data as Float32Array)),
    ).toContainEqual([1, -2, 2 ** -24]);
    const four = changed((tensors) => {
      const quantization = { scale: [0.5], zeroPoint: [0], axis: 0 };
      tensors[1] = { name: 'four', type: 'int4', shape: [3], data: Uint8Array.of(0xf7, 0x08), quantization };
    });
    const packed = lowerTflite(four, 'case.tflite', quietContext());
    expect(
      [...packed.graph.initializers.values()].map(({ data }) => Array.from(data as Int8Array)),
    ).toContainEqual([7, -1, -8]);
  });

  it('that are sparse are spread out, in rows and in blocks', () => {
    const fail = (problem: string): never => {
      throw new Error(problem);
    };
    const dense = (size: number) => ({ format: 'dense', size }) as const;
    const rows = { format: 'csr', segments: [0, 1, 1, 3], indices: [1, 0, 2] } as const;
    const plain = { traversalOrder: [0, 1], blockMap: [], dimensions: [dense(3), rows] };
    expect(Array.from(densify(Float32Array.of(1, 2, 3), [3, 3], plain, fail))).toEqual([
      0, 1, 0, 0, 0, 0, 2, 0, 3,
    ]);
    const blocks = { format: 'csr', segments: [0, 1, 2], indices: [1, 0] } as const;
    const blocked = {
      traversalOrder: [0, 1, 2, 3],
      blockMap: [0, 1],
      dimensions: [dense(2), blocks, dense(1), dense(2)],
    };
    expect(Array.from(densify(Float32Array.of(1, 2, 3, 4), [2, 4], blocked, fail))).toEqual([
      0, 0, 1, 2, 3, 4, 0, 0,
    ]);
    expect(() => densify(Float32Array.of(1), [2 ** 20, 2 ** 19], plain, fail)).toThrow(/spreads/);
    expect(() => densify(Float32Array.of(1, 2), [3, 3], plain, fail)).toThrow(/fewer values/);
  });

  it('of strings keep their text', async () => {
    const bytes = new Uint8Array(20);
    const view = new DataView(bytes.buffer);
    [2, 16, 17, 20].forEach((value, at) => {
      view.setInt32(4 * at, value, true);
    });
    bytes.set(new TextEncoder().encode('aéb').subarray(0, 4), 16);
    const one: Case = { opcode: 'RESHAPE', inputs: [float([2]), ints([2, 1])], outputs: [{ shape: [2, 1] }] };
    const file = changed((tensors) => {
      tensors[0] = { name: 'words', type: 'string', shape: [2], data: bytes };
      tensors[2] = { name: 'out', type: 'string', shape: [2, 1] };
    }, one);
    const [main] = file.subgraphs;
    const { graph } = lowerTflite(
      { ...file, subgraphs: [{ ...(main ?? expect.unreachable()), inputs: [] }] },
      'case.tflite',
      quietContext(),
    );
    expect([...graph.initializers.values()].map(({ data }) => data)).toContainEqual(['a', 'éb']);
  });
});

const { encode } = createRequire(import.meta.url)('flatbuffers/js/flexbuffers.js') as {
  encode(value: unknown): Uint8Array;
};

describe('options of custom operators', () => {
  const fail = (problem: string): never => {
    throw new Error(problem);
  };

  it('are numbers, words and lists of integers by name', () => {
    const options = { count: 300, small: -2, share: 0.25, isOn: true, padding: 'SAME', ksize: [1, 2, 3, 1] };
    expect(Object.fromEntries(readFlexMap(encode(options), fail))).toEqual(options);
  });

  it('that are cut off or no map are refused', () => {
    const whole = encode({ count: 300, padding: 'SAME' });
    expect(() => readFlexMap(encode([1, 2]), fail)).toThrow(/not a map/);
    expect(() => readFlexMap(new Uint8Array(0), fail)).toThrow(/cut off/);
    for (let from = 1; from < whole.length; from++) {
      try {
        readFlexMap(whole.subarray(from), fail);
      } catch (error) {
        expect((error as Error).message).toMatch(/options/);
      }
    }
  });

  const detection = (isRegular: boolean): Case => ({
    opcode: 'CUSTOM',
    custom: 'TFLite_Detection_PostProcess',
    customOptions: encode({
      max_detections: 5,
      max_classes_per_detection: 1,
      num_classes: 2,
      nms_score_threshold: 0.2,
      nms_iou_threshold: 0.5,
      y_scale: 10,
      x_scale: 10,
      h_scale: 5,
      w_scale: 5,
      use_regular_nms: isRegular,
    }),
    inputs: [
      { shape: [1, 3, 4], values: new Array<number>(12).fill(0) },
      { shape: [1, 3, 3], values: [0, 0.5, 0.1, 0, 0.3, 0.9, 0, 0.4, 0.3] },
      { shape: [3, 4], constant: [0.5, 0.5, 1, 1, 0.5, 0.55, 1, 1, 0.5, 2.5, 1, 1] },
    ],
    outputs: [{ shape: [1, 5, 4] }, { shape: [1, 5] }, { shape: [1, 5] }, { shape: [1] }],
  });
  const [first, second, third] = [
    [0, 0, 1, 1],
    [0, 0.05, 1, 1.05],
    [0, 2, 1, 3],
  ];
  const none = [0, 0, 0, 0];

  it.each([
    [
      'once for all classes',
      false,
      [second, third, none, none, none],
      [1, 0, 0, 0, 0],
      [0.9, 0.4, 0, 0, 0],
      2,
    ],
    [
      'class by class',
      true,
      [second, first, third, third, none],
      [1, 0, 0, 1, 0],
      [0.9, 0.5, 0.4, 0.3, 0],
      4,
    ],
  ])('find objects, suppressing %s', async (_, isRegular, boxes, classes, scores, count) => {
    const { plain, optimized } = await runRead(detection(isRegular));
    for (const results of [plain, optimized]) {
      expect(results.map(({ dims }) => dims)).toEqual([[1, 5, 4], [1, 5], [1, 5], [1]]);
      const expected = [boxes.flatMap((box) => box ?? []), classes, scores, [count]];
      for (const [index, want] of expected.entries()) expectNumbers(list(results[index]), want, 1e-6);
    }
  });
});
