import { describe, expect, it } from 'vitest';
import { int, string } from '../../src/graph/attribute.ts';
import { requiredOpset } from '../../src/ops/required-opset.ts';
import { type SmallGraph, smallGraph, smallModel, smallNode } from './small-model.ts';

const nodes = (...list: SmallGraph['nodes']): SmallGraph['nodes'] => list;

describe('requiredOpset', () => {
  it.each<[string, number, SmallGraph]>([
    ['an old operator', 21, { inputs: { x: [2] }, nodes: nodes(['Relu', ['x'], ['y']]) }],
    ['an operator nobody knows', 21, { inputs: { x: [2] }, nodes: nodes(['Mystery', ['x'], ['y']]) }],
    ['a newer operator', 24, { inputs: { x: [2] }, nodes: nodes(['Swish', ['x'], ['y']]) }],
    [
      'a newer attribute',
      24,
      { inputs: { x: [2] }, nodes: nodes(['Cast', ['x'], ['y'], { to: int(1), round_mode: string('up') }]) },
    ],
    ['attention', 23, { inputs: { x: [1, 2, 3, 4] }, nodes: nodes(['Attention', ['x', 'x', 'x'], ['y']]) }],
    [
      'attention with a newer input',
      24,
      { inputs: { x: [1, 2, 3, 4] }, nodes: nodes(['Attention', ['x', 'x', 'x', '', '', '', 'n'], ['y']]) },
    ],
    [
      'bfloat16 where it always was',
      21,
      { inputs: { x: ['bfloat16', [2]] }, nodes: nodes(['Relu', ['x'], ['y']]) },
    ],
    [
      'bfloat16 where it came later',
      22,
      { inputs: { x: ['bfloat16', [2]] }, nodes: nodes(['Elu', ['x'], ['y']]) },
    ],
    ['a newer element type', 25, { inputs: { x: ['int2', [4]] }, nodes: nodes(['Identity', ['x'], ['y']]) }],
  ])('%s needs opset %i', (_, opset, parts) => {
    expect(requiredOpset(smallModel(21, parts))).toBe(opset);
  });

  it('looks into branches and functions', () => {
    const branch = { type: 'graph', value: smallGraph({ nodes: nodes(['Swish', ['x'], ['s']]) }) } as const;
    const model = smallModel(21, {
      inputs: { c: ['bool', []], x: [2] },
      nodes: nodes(['If', ['c'], ['y'], { then_branch: branch, else_branch: branch }]),
    });
    expect(requiredOpset(model)).toBe(24);

    const caller = smallModel(21, { inputs: { x: [2] }, nodes: nodes(['Own', ['x'], ['y']]) });
    caller.functions.push({
      name: 'Own',
      domain: '',
      inputs: ['a'],
      outputs: ['b'],
      attributes: [],
      attributeDefaults: new Map(),
      opsets: new Map([['', 24]]),
      nodes: [smallNode(['CumProd', ['a', 'a'], ['b']])],
    });
    expect(requiredOpset(caller)).toBe(26);
  });
});
