// Which Transposes count as inside of a graph.

import { expect, test } from 'vitest';
import { int } from '../../src/graph/attribute.ts';
import { int64 } from '../../src/graph/tensor.ts';
import { countTransposes } from '../../src/lifecycle/convert/count.ts';
import { type SmallNode, smallModel } from '../ops/small-model.ts';

const turn = (from: string, to: string): SmallNode => ['Transpose', [from], [to], { perm: int([0, 2, 1]) }];

test.each<[string, SmallNode[], { inside: number; atBoundary: number }]>([
  ['at the input', [turn('x', 'a'), ['Relu', ['a'], ['y']]], { inside: 0, atBoundary: 1 }],
  [
    'between two operators',
    [['Relu', ['x'], ['a']], turn('a', 'b'), ['Relu', ['b'], ['y']]],
    { inside: 1, atBoundary: 0 },
  ],
  [
    'behind a Reshape of the input',
    [['Reshape', ['x', 's'], ['a']], turn('a', 'b'), ['Relu', ['b'], ['y']]],
    { inside: 0, atBoundary: 1 },
  ],
  [
    'in front of Reshape and Flatten of the output',
    [['Relu', ['x'], ['a']], turn('a', 'b'), ['Reshape', ['b', 's'], ['c']], ['Flatten', ['c'], ['y']]],
    { inside: 0, atBoundary: 1 },
  ],
  [
    'in front of a Reshape that another operator reads, too',
    [
      ['Relu', ['x'], ['a']],
      turn('a', 'b'),
      ['Reshape', ['b', 's'], ['c']],
      ['Relu', ['b'], ['d']],
      ['Add', ['c', 'd'], ['y']],
    ],
    { inside: 1, atBoundary: 0 },
  ],
  [
    'that keeps the order',
    [
      ['Relu', ['x'], ['a']],
      ['Transpose', ['a'], ['b'], { perm: int([0, 1, 2]) }],
      ['Relu', ['b'], ['y']],
    ],
    { inside: 0, atBoundary: 0 },
  ],
  [
    'in a circle',
    [['Reshape', ['b', 's'], ['a']], ['Reshape', ['a', 's'], ['b']], turn('b', 'y')],
    { inside: 0, atBoundary: 1 },
  ],
  [
    'that only a circle feeds',
    [['Reshape', ['b', 's'], ['a']], ['Reshape', ['a', 's'], ['b']], turn('b', 'c'), ['Relu', ['c'], ['y']]],
    { inside: 1, atBoundary: 0 },
  ],
])('a Transpose %s', (_, nodes, counts) => {
  const model = smallModel(21, { inputs: { x: [2, 3, 4] }, constants: { s: int64([0, -1, 2]) }, nodes });
  expect(countTransposes(model)).toEqual(counts);
});
