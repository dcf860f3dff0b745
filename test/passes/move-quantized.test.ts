// Reshapes and Transposes between a Conv and its DequantizeLinear or QuantizeLinear.

import { describe, expect, it } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { int64, type Tensor } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import moveQuantized from '../../src/passes/move-quantized.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';

const zero: Tensor = { dtype: 'int8', dims: [], data: Int8Array.of(3) };

function make() {
  const b = new GraphBuilder('quantized');
  const x = b.input('x', 'int8', [2, 6]);
  const [scale, point] = [b.number('scale', 0.5), b.constant('point', zero)];
  const real = b.add('DequantizeLinear', [x, scale, point]);
  const moved = b.add('Reshape', [real, b.constant('shape', int64([3, 4]))]);
  const turned = b.add('Transpose', [moved], { attributes: { perm: int([1, 0]) } });
  const squared = b.add('Mul', [turned, turned]);
  const back = b.add('Transpose', [squared], { attributes: { perm: int([1, 0]) } });
  b.output('y', b.add('QuantizeLinear', [back, scale, point]), 'int8', [3, 4]);
  const model = b.model({ name: 'test', version: '' });
  inferTypes(model);
  return model;
}

async function run(model: ReturnType<typeof make>) {
  const session = await openGraph(model, { optimize: false });
  const x = { dtype: 'int8', dims: [2, 6], data: Int8Array.from({ length: 12 }, (_, at) => at - 4) } as const;
  const { y } = await session.run({ x });
  await session.release();
  return y;
}

describe('move-quantized', () => {
  it('moves the integers, and computes the same', async () => {
    const before = await run(make());
    const model = make();
    expect(moveQuantized.run(model)).toEqual({ modified: 3 });
    validate(model);
    inferTypes(model);
    expect(model.graph.nodes.map(({ opType }) => opType)).toEqual([
      'Reshape',
      'Transpose',
      'DequantizeLinear',
      'Mul',
      'QuantizeLinear',
      'Transpose',
      'Identity',
    ]);
    expect(await run(model)).toEqual(before);
    expect(moveQuantized.run(model)).toEqual({ modified: 0 });
  });

  it('leaves what has a scale per slice', () => {
    const b = new GraphBuilder('per axis');
    const x = b.input('x', 'int8', [2, 6]);
    const scale = b.constant('scale', { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) });
    const real = b.add('DequantizeLinear', [x, scale], { attributes: { axis: int(0) } });
    b.output('y', b.add('Reshape', [real, b.constant('shape', int64([12]))]), 'float32', [12]);
    const model = b.model({ name: 'test', version: '' });
    inferTypes(model);
    expect(moveQuantized.run(model)).toEqual({ modified: 0 });
  });
});
