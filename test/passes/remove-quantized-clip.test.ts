// Limits in front of a QuantizeLinear that keeps within them anyway.

import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { float32, type Tensor } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import removeQuantizedClip from '../../src/passes/remove-quantized-clip.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';

type Point = { readonly dtype: 'uint8' | 'int8' | 'int16'; readonly value: number };

/** uint8 → Conv with uint8 weights → what limits → codes with this scale. */
function make(opType: 'Clip' | 'Relu', scale: number, { dtype, value }: Point) {
  const b = new GraphBuilder('quantized');
  const arrays = { uint8: Uint8Array, int8: Int8Array, int16: Int16Array } as const;
  const code = (name: string, kind: Point['dtype'], at: number): string =>
    b.constant(name, { dtype: kind, dims: [], data: arrays[kind].of(at) });
  const x = b.input('x', 'uint8', [1, 1, 4, 4]);
  const real = b.add('DequantizeLinear', [x, b.number('x_scale', 0.0625), code('x_zero', 'uint8', 128)]);
  const codes: Tensor = { dtype: 'uint8', dims: [2, 1, 1, 1], data: Uint8Array.of(255, 3) };
  const held = [b.constant('codes', codes), b.number('w_scale', 0.0078125), code('w_zero', 'uint8', 117)];
  const kernel = b.add('DequantizeLinear', held);
  const bias = b.constant('bias', float32([2], [0.5, -0.25]));
  const made = b.add('Conv', [real, kernel, bias]);
  const limited = b.add(opType, opType === 'Clip' ? [made, b.number('min', 0), b.number('max', 6)] : [made]);
  const y = b.add('QuantizeLinear', [limited, b.number('y_scale', scale), code('y_zero', dtype, value)]);
  b.output('y', y, dtype, [1, 2, 4, 4]);
  const model = b.model({ name: 'test', version: '' });
  inferTypes(model);
  return model;
}

async function run(model: ReturnType<typeof make>, optimize: boolean) {
  const session = await openGraph(model, { optimize });
  const data = Uint8Array.from({ length: 16 }, (_, at) => at * 17);
  const { y } = await session.run({ x: { dtype: 'uint8', dims: [1, 1, 4, 4], data } });
  await session.release();
  return y;
}

const opTypes = (model: ReturnType<typeof make>) => model.graph.nodes.map(({ opType }) => opType);
/** A little over 6 / 255: 6 is code 255 after rounding, and the largest code is a little more than 6. */
const SLIGHTLY_MORE = 0.02352946251630783;

describe('remove-quantized-clip', () => {
  it.each([
    ['Clip', 6 / 255, { dtype: 'uint8', value: 0 }],
    ['Clip', SLIGHTLY_MORE, { dtype: 'uint8', value: 0 }],
    ['Clip', SLIGHTLY_MORE, { dtype: 'int8', value: -128 }],
    ['Clip', 0.01, { dtype: 'uint8', value: 0 }],
    ['Relu', 0.05, { dtype: 'int8', value: -128 }],
  ] as const)('takes %s away from scale %d, %o, and computes the same', async (opType, scale, point) => {
    const before = await run(make(opType, scale, point), false);
    const model = make(opType, scale, point);
    expect(removeQuantizedClip.run(model)).toEqual({ modified: 1 });
    validate(model);
    expect(opTypes(model)).not.toContain(opType);
    expect(await run(model, false)).toEqual(before);
    expect(await run(model, true)).toEqual(before);
  });

  it('makes Clip from 0 a Relu before 16 bits, which end where it does', async () => {
    const point = { dtype: 'int16', value: 0 } as const;
    const before = await run(make('Clip', 6 / 32767, point), false);
    const model = make('Clip', 6 / 32767, point);
    expect(removeQuantizedClip.run(model)).toEqual({ modified: 1 });
    validate(model);
    expect(opTypes(model)).toContain('Relu');
    expect(opTypes(model)).not.toContain('Clip');
    expect(await run(model, false)).toEqual(before);
  });

  it.each([
    ['Clip', 0.03, { dtype: 'uint8', value: 0 }],
    ['Clip', 6 / 255, { dtype: 'uint8', value: 1 }],
    ['Relu', 0.05, { dtype: 'int8', value: -127 }],
  ] as const)('leaves %s before scale %d, %o, whose codes reach beyond', (opType, scale, point) => {
    const model = make(opType, scale, point);
    expect(removeQuantizedClip.run(model)).toEqual({ modified: 0 });
    expect(opTypes(model)).toContain(opType);
  });
});
