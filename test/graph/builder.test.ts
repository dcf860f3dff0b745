import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { validate } from '../../src/graph/validate.ts';

test('names are made unique with the lowest suffix that is free', () => {
  const b = new GraphBuilder('names');
  expect([b.fresh('a'), b.fresh('a_1'), b.fresh('a'), b.fresh('a'), b.fresh('b')]).toEqual([
    'a',
    'a_1',
    'a_2',
    'a_3',
    'b',
  ]);
});

test('a chain of one hundred thousand nodes of one name is built and valid', () => {
  const b = new GraphBuilder('chain');
  let x = b.input('x', 'float32', ['n']);
  for (let n = 0; n < 100_000; n++) x = b.add('Relu', [x]);
  b.output('y', x, 'float32', ['n']);
  const model = b.model({ name: 'test', version: '1' });
  expect(model.graph.nodes.length).toBe(100_001);
  expect(() => validate(model)).not.toThrow();
});
