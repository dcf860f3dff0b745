import { describe, expect, it } from 'vitest';
import { float, int, tensor } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { float32, scalar } from '../../src/graph/tensor.ts';
import foldConstants from '../../src/passes/fold-constants.ts';
import removeDeadCode from '../../src/passes/remove-dead-code.ts';
import { count, difference, opTypes, run, tools } from './graphs.ts';

const pipeline = [foldConstants, removeDeadCode];
const feeds = { x: float32([2, 3], [1, 2, 3, 4, 5, 6]) };

function start() {
  const b = new GraphBuilder('g');
  return { b, x: b.input('x', 'float32', ['batch', 3]) };
}

describe('fold-constants', () => {
  it('evaluates a whole constant part at once', async () => {
    const { b, x } = start();
    const w = b.add('Mul', [b.constant('a', float32([3], [1, 2, 3])), b.number('two', 2)]);
    const sum = b.add('Add', [b.add('Sqrt', [w]), w]);
    b.output('y', b.add('Add', [x, sum]), 'float32', ['batch', 3]);
    const model = b.model({ name: 't', version: '1' });
    let calls = 0;
    const counting = {
      ...tools,
      evaluate: (part: typeof model) => {
        calls++;
        return tools.evaluate(part);
      },
    };
    const before = await run(model, feeds);
    const { inferTypes } = await import('../../src/ops/infer.ts');
    inferTypes(model);
    await foldConstants.run(model, counting);
    removeDeadCode.run(model);
    expect(calls).toBe(1);
    expect(opTypes(model)).toEqual(['Add', 'Identity']);
    expect(await run(model, feeds)).toEqual(before);
  });

  it('turns Constant nodes of every kind into initializers', async () => {
    const { b, x } = start();
    const value = b.add('Constant', [], { attributes: { value: tensor(float32([3], [1, 1, 1])) } });
    const floats = b.add('Constant', [], { attributes: { value_floats: float([1, 2, 3]) } });
    const one = b.add('Constant', [], { attributes: { value_float: float(0.5) } });
    const shape = b.add('Constant', [], { attributes: { value_ints: int([-1]) } });
    const sum = b.add('Sum', [x, value, floats, one]);
    b.output('y', b.add('Reshape', [sum, shape]), 'float32', [null]);
    const model = b.model({ name: 't', version: '1' });
    expect(await difference(model, pipeline, feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Sum', 'Reshape', 'Identity']);
  });

  it('keeps a folded graph output under its name', async () => {
    const { b, x } = start();
    b.output('y', x, 'float32', ['batch', 3]);
    const z = b.add('Mul', [b.number('a', 2), b.number('b', 3)], { outputs: ['z'] });
    b.graph.outputs.push(z);
    b.graph.types.set(z, { kind: 'tensor', dtype: 'float32', shape: [] });
    const model = b.model({ name: 't', version: '1' });
    expect(await difference(model, pipeline, feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['Identity', 'Identity']);
    expect((await run(model, feeds)).z).toEqual(scalar(6));
  });

  it('does not fold what would make the file much larger', async () => {
    const { b, x } = start();
    const zeros = b.add('ConstantOfShape', [b.ints('shape', [1000, 1000])]);
    const small = b.add('ConstantOfShape', [b.ints('shape_1', [10, 10])]);
    const sum = b.add('Add', [b.add('ReduceSum', [zeros]), b.add('ReduceSum', [small])]);
    b.output('y', b.add('Add', [x, sum]), 'float32', [null, null]);
    const model = b.model({ name: 't', version: '1' });
    expect(await difference(model, pipeline, feeds)).toBe(0);
    // The large one stays, with what follows from it.
    expect(count(model, 'ConstantOfShape')).toBe(1);
    for (const held of model.graph.initializers.values()) expect(held.data.length).toBeLessThan(200);
  });

  it('never evaluates a size that only the file claims', async () => {
    const { b, x } = start();
    const huge = b.add('ConstantOfShape', [b.ints('shape', [2 ** 40, 2 ** 10])]);
    b.output('y', b.add('Add', [x, b.add('ReduceSum', [huge])]), 'float32', [null, null]);
    const model = b.model({ name: 't', version: '1' });
    const { inferTypes } = await import('../../src/ops/infer.ts');
    inferTypes(model);
    const { modified } = await foldConstants.run(model, {
      ...tools,
      evaluate: async () => {
        throw new Error('must not be called');
      },
    });
    expect(modified).toBe(0);
  });

  it('leaves random operators and quantized weights alone', async () => {
    const { b, x } = start();
    const noise = b.add('RandomUniformLike', [b.constant('like', float32([3], [1, 2, 3]))]);
    const w = b.constant('w', { dtype: 'int8', dims: [3], data: Int8Array.of(1, 2, 3) });
    const weights = b.add('DequantizeLinear', [w, b.number('scale', 0.5)]);
    const zero = b.add('Mul', [noise, b.number('zero', 0)]);
    b.output('y', b.add('Sum', [x, weights, zero]), 'float32', ['batch', 3]);
    const model = b.model({ name: 't', version: '1' });
    expect(await difference(model, pipeline, feeds)).toBe(0);
    expect(opTypes(model)).toEqual(['RandomUniformLike', 'DequantizeLinear', 'Mul', 'Sum', 'Identity']);
  });

  it('folds the rest when the runtime refuses one operator', async () => {
    const { b, x } = start();
    const good = b.add('Add', [b.number('a', 1), b.number('b', 2)]);
    const bad = b.add('Neg', [b.number('c', 3)]);
    b.output('y', b.add('Sum', [x, good, bad]), 'float32', ['batch', 3]);
    const model = b.model({ name: 't', version: '1' });
    const { inferTypes } = await import('../../src/ops/infer.ts');
    inferTypes(model);
    await foldConstants.run(model, {
      ...tools,
      evaluate: (part) => {
        if (part.graph.nodes.some((node) => node.opType === 'Neg')) throw new Error('no kernel');
        return tools.evaluate(part);
      },
    });
    expect(opTypes(model)).toEqual(['Neg', 'Sum', 'Identity']);
  });

  it('does not treat the default of a graph input as a constant', async () => {
    const { b, x } = start();
    const bias = b.input('bias', 'float32', [3]);
    b.graph.initializers.set(bias, float32([3], [1, 2, 3]));
    b.output('y', b.add('Add', [x, b.add('Neg', [bias])]), 'float32', ['batch', 3]);
    const model = b.model({ name: 't', version: '1' });
    const { inferTypes } = await import('../../src/ops/infer.ts');
    inferTypes(model);
    expect((await foldConstants.run(model, tools)).modified).toBe(0);
  });
});
