// Written files keep to the TFLite quantization specification, and compute on whole numbers from end to end.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import tflite from '../../../src/formats/tflite/index.ts';
import type { TfliteFile } from '../../../src/formats/tflite/records.ts';
import { float, int } from '../../../src/graph/attribute.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { copyModel } from '../../../src/graph/copy-model.ts';
import type { Model } from '../../../src/graph/model.ts';
import { float32, type Tensor } from '../../../src/graph/tensor.ts';
import { observe } from '../../../src/lifecycle/calibrate.ts';
import { convert } from '../../../src/lifecycle/convert.ts';
import { inferTypes } from '../../../src/ops/infer.ts';
import type { IoDtype } from '../../../src/passes/quantize/definition.ts';
import { precisions } from '../../../src/passes/quantize/index.ts';
import litert from '../../../src/runtimes/litert.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { breaches, floatOperators } from './int8-spec.ts';
import { write } from './write-run.ts';

const demo = 'fixtures/demo';
const sides = ['int8', 'int16x8'] as const;
const stored = { int8: 'int8', int16x8: 'int16' } as const;

describe('files of our own models', () => {
  const features = ['temperature,humidity,wind_speed,hour,is_weekend'];
  const models = [
    { model: 'digits.h5', calibration: 'digits-test-images.idx3-ubyte', scale: 1 / 255 },
    { model: 'energy.h5', calibration: 'energy-train.csv', features },
    { model: 'iris.h5', calibration: 'train.csv' },
  ];
  it.each(models.flatMap((each) => sides.map((dtype) => ({ ...each, dtype }))))(
    '$model as $dtype',
    async ({ model, calibration, dtype, ...feeding }) => {
      const folder = mkdtempSync(join(tmpdir(), 'mlctl-spec-'));
      try {
        const output = join(folder, 'model.tflite');
        const asked = { dtype, ioDtype: stored[dtype], calibration: join(demo, calibration), ...feeding };
        const { result } = await convert(
          { model: join(demo, model), to: ['tflite'], output, ...asked },
          quietContext(),
        );
        expect(result.artifacts[0]).toMatchObject({ state: 'written', precision: { kept: [] } });
        const file = decodeTflite(readFileSync(output), output);
        expect(breaches(file)).toEqual([]);
        expect(floatOperators(file)).toEqual([]);
        expect(operators(file)).not.toContain('QUANTIZE');
        expect(operators(file)).not.toContain('DEQUANTIZE');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

const wave = (dims: number[], step = 1.3) =>
  float32(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(at * step)),
  );

type Step = (b: GraphBuilder, x: string) => string;
const one =
  (opType: string, attributes: Record<string, ReturnType<typeof int>> = {}, ...more: Tensor[]): Step =>
  (b, x) =>
    b.add(opType, [x, ...more.map((tensor, at) => b.constant(`c${at}`, tensor))], {
      name: opType.toLowerCase(),
      attributes,
    });

/** On x: [1, 4, 8, 8]. */
const steps: Readonly<Record<string, Step>> = {
  Conv: one('Conv', { pads: int([1, 1, 1, 1]) }, wave([6, 4, 3, 3]), wave([6])),
  depthwise: one('Conv', { group: int(4), pads: int([1, 1, 1, 1]) }, wave([4, 1, 3, 3]), wave([4])),
  ConvTranspose: one('ConvTranspose', { strides: int([2, 2]) }, wave([4, 3, 2, 2]), wave([3])),
  'Conv, Relu': (b, x) => b.add('Relu', [steps.Conv?.(b, x) ?? x], { name: 'relu' }),
  MatMul: (b, x) => {
    const product = b.add('MatMul', [x, b.constant('w', wave([8, 5]))], { name: 'product' });
    return b.add('Add', [product, b.constant('bias', wave([5]))], { name: 'sum' });
  },
  AveragePool: one('AveragePool', { kernel_shape: int([2, 2]), strides: int([2, 2]) }),
  MaxPool: one('MaxPool', { kernel_shape: int([2, 2]), strides: int([2, 2]) }),
  GlobalAveragePool: one('GlobalAveragePool'),
  Concat: (b, x) =>
    b.add('Concat', [x, b.add('Sigmoid', [x], { name: 'sigmoid' })], {
      name: 'joined',
      attributes: { axis: int(1) },
    }),
  Pad: (b, x) => b.add('Pad', [x, b.ints('pads', [0, 0, 1, 1, 0, 0, 2, 1])], { name: 'pad' }),
  Slice: (b, x) =>
    b.add('Slice', [x, b.ints('from', [1]), b.ints('to', [7]), b.ints('axes', [2])], { name: 'slice' }),
  Reshape: (b, x) => b.add('Reshape', [x, b.ints('shape', [1, 256])], { name: 'reshape' }),
  Transpose: one('Transpose', { perm: int([0, 2, 1, 3]) }),
  Sigmoid: one('Sigmoid'),
  Tanh: one('Tanh'),
  Softmax: one('Softmax', { axis: int(-1) }),
  LogSoftmax: one('LogSoftmax', { axis: int(-1) }),
  LeakyRelu: one('LeakyRelu', { alpha: float(0.1) }),
  HardSwish: one('HardSwish'),
  Add: (b, x) => b.add('Add', [x, b.add('Tanh', [x], { name: 'tanh' })], { name: 'add' }),
  Sub: (b, x) => b.add('Sub', [x, b.add('Tanh', [x], { name: 'tanh' })], { name: 'sub' }),
  Mul: (b, x) => b.add('Mul', [x, b.add('Sigmoid', [x], { name: 'gate' })], { name: 'mul' }),
  PRelu: one('PRelu', {}, wave([4, 1, 1])),
  Max: (b, x) => b.add('Max', [x, b.add('Tanh', [x], { name: 'tanh' })], { name: 'max' }),
  ReduceMean: (b, x) =>
    b.add('ReduceMean', [x, b.ints('axes', [2, 3])], { name: 'mean', attributes: { keepdims: int(0) } }),
};

/** The model between two convolutions, so that operators that only move codes have somebody who computes. */
function around(step: Step): Model {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', [1, 4, 8, 8]);
  const first = b.add('Conv', [x, b.constant('k', wave([4, 4, 1, 1], 2.1))], { name: 'first' });
  const made = step(b, first);
  b.output('y', b.add('LeakyRelu', [made], { name: 'last' }), 'float32', []);
  b.graph.types.delete('y');
  return b.model({ name: 't', version: '1' });
}

async function reduced(model: Model, dtype: string, ioDtype: IoDtype): Promise<[TfliteFile, Model]> {
  const context = quietContext();
  inferTypes(model);
  const feeds = [0.7, 1.1, 1.9].map((step) => ({ x: wave([1, 4, 8, 8], step) }));
  const seen = await observe(model, feeds, {}, context);
  const copy = copyModel(model);
  const precision = precisions.find(({ name }) => name === dtype);
  const ranges = new Map([...seen].map(([name, { min, max }]) => [name, { min, max }]));
  const report = precision?.rewrite(copy, { keep: new Map(), ranges, target: tflite.numbers, ioDtype });
  expect(report?.kept).toEqual([]);
  return [await write(copy), copy];
}

describe('operators', () => {
  it.each(Object.keys(steps))('%s', async (name) => {
    const step = steps[name] as Step;
    const [file, graph] = await reduced(around(step), 'int8', 'int8');
    expect(breaches(file)).toEqual([]);
    expect(floatOperators(file)).toEqual([]);
    expect(operators(file)).not.toContain('DEQUANTIZE');
    // The graph says what to compute; on codes, kernels may round the other way here and there.
    const wanted = await openGraph(graph, { optimize: false });
    const written = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(file) });
    for (const at of [0.7, 1.1, 1.9]) {
      const x = { dtype: 'int8', dims: [1, 4, 8, 8], data: codes(wave([1, 4, 8, 8], at)) } as const;
      const [a, b] = await Promise.all([wanted.run({ x }), written.run({ x })]);
      expect(apart(a.y, b.y)).toBeLessThanOrEqual(name === 'AveragePool' ? STEP : 2);
    }
    await Promise.all([wanted.release(), written.release()]);
  });
});

/** A mean of four is often halfway between two codes, and one code at that scale is so many at the output's. */
const STEP = 8;

/** As codes of −1 … 1. */
function codes({ data }: Tensor): Int8Array {
  return Int8Array.from(data as Float32Array, (value) => Math.round(value * 127));
}

function apart(a: Tensor | undefined, b: Tensor | undefined): number {
  const [left, right] = [a?.data as Int8Array, b?.data as Int8Array];
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return left.reduce((most, code, at) => Math.max(most, Math.abs(code - (right[at] ?? 0))), 0);
}

function operators({ subgraphs }: TfliteFile): string[] {
  return subgraphs.flatMap((subgraph) => subgraph.operators.map(({ opcode }) => opcode));
}
