import { expect, test } from 'vitest';
import { int, string } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { printModel, printType } from '../../src/graph/print.ts';
import { float32 } from '../../src/graph/tensor.ts';

test('a model prints one node a line, with attributes, types and small constants', () => {
  const b = new GraphBuilder('net');
  const x = b.input('x', 'float32', ['batch', 3, 64, 64]);
  const w = b.constant('w', float32([32, 3, 3, 3], new Float32Array(864)));
  const h = b.add('Conv', [x, w], {
    name: 'h',
    attributes: { strides: int([2, 2]), auto_pad: string('SAME_UPPER') },
  });
  b.graph.types.set(h, { kind: 'tensor', dtype: 'float32', shape: ['batch', 32, 32, null] });
  const clip = b.add('Clip', [h, '', b.number('limit', 6)], { name: 'clip', domain: 'mine' });
  b.output('y', clip, 'float32', ['batch', 32, 32, 32]);
  expect(printModel(b.model({ name: 'test', version: '1' }))).toBe(
    [
      'graph net (%x: float32[batch,3,64,64]) -> (%y: float32[batch,32,32,32])',
      '  const %w: float32[32,3,3,3]',
      '  const %limit: float32[] (6)',
      '  %h = Conv(%x, %w) {strides=[2,2], auto_pad="SAME_UPPER"}  float32[batch,32,32,?]',
      '  %clip = mine:Clip(%h, -, %limit)  ?',
      '  %y = Identity(%clip)  float32[batch,32,32,32]',
    ].join('\n'),
  );
});

test('types of every kind have a spelling', () => {
  const element = { kind: 'tensor', dtype: 'int64', shape: undefined } as const;
  expect(printType(element)).toBe('int64[...]');
  expect(printType({ kind: 'sequence', element })).toBe('sequence(int64[...])');
  expect(printType({ kind: 'optional', element })).toBe('optional(int64[...])');
  expect(printType({ kind: 'map', key: 'string', element })).toBe('map(string, int64[...])');
});

test('subgraphs are indented below their node', () => {
  const inner = new GraphBuilder('then');
  inner.output('out', inner.number('one', 1), 'float32', []);
  const b = new GraphBuilder('outer');
  const cond = b.input('cond', 'bool', []);
  b.output(
    'y',
    b.add('If', [cond], { attributes: { then_branch: { type: 'graph', value: inner.graph } } }),
    'float32',
    [],
  );
  expect(
    printModel(b.model({ name: 'test', version: '1' }))
      .split('\n')
      .slice(1, 5),
  ).toEqual([
    '  %If = If(%cond) {then_branch=graph then}  ?',
    '    graph then () -> (%out: float32[])',
    '      const %one: float32[] (1)',
    '      %out = Identity(%one)  float32[]',
  ]);
});
