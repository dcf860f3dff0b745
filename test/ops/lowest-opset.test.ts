// The opset chosen for a written file: what each thing needs, and that the file computes the same at it.

import { describe, expect, it, test } from 'vitest';
import { int, string } from '../../src/graph/attribute.ts';
import type { Model } from '../../src/graph/model.ts';
import { float32, int64 } from '../../src/graph/tensor.ts';
import { downgradeModel } from '../../src/ops/downgrade.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import { LOWEST, lowestOpset } from '../../src/ops/lowest-opset.ts';
import { type SmallGraph, smallGraph, smallModel, smallNode } from './small-model.ts';

const nodes = (...list: SmallGraph['nodes']): SmallGraph['nodes'] => list;

function inferred(parts: SmallGraph): Model {
  const model = smallModel(21, parts);
  inferTypes(model);
  return model;
}

const image = { x: [1, 4, 6, 6] };
const padded = (mode: string): SmallGraph => ({
  inputs: image,
  constants: { pads: int64([1, 1, 1, 1]), axes: int64([2, 3]) },
  nodes: nodes(['Pad', ['x', 'pads', '', 'axes'], ['y'], { mode: string(mode) }]),
});
const resized = (mapping: string): SmallGraph => ({
  inputs: image,
  constants: { scales: float32([4], [1, 1, 2, 2]) },
  nodes: nodes(['Resize', ['x', '', 'scales'], ['y'], { coordinate_transformation_mode: string(mapping) }]),
});
const gelu = nodes(['Gelu', ['x'], ['y']]);
const branch = (graph: SmallGraph) => ({ type: 'graph', value: smallGraph(graph) }) as const;

describe('lowestOpset', () => {
  it.each<[string, number, SmallGraph]>([
    ['an old operator', LOWEST, { inputs: image, nodes: nodes(['Relu', ['x'], ['y']]) }],
    [
      'a pool',
      LOWEST,
      { inputs: image, nodes: nodes(['AveragePool', ['x'], ['y'], { kernel_shape: int([2, 2]) }]) },
    ],
    [
      'a pool with dilations',
      19,
      {
        inputs: image,
        nodes: nodes(['AveragePool', ['x'], ['y'], { kernel_shape: int([2, 2]), dilations: int([2, 2]) }]),
      },
    ],
    [
      'a mean over axes',
      18,
      {
        inputs: image,
        constants: { axes: int64([2, 3]) },
        nodes: nodes(['ReduceMean', ['x', 'axes'], ['y']]),
      },
    ],
    ['zeros around some axes', 18, padded('constant')],
    ['a wrapped border', 19, padded('wrap')],
    ['an enlarged image', LOWEST, resized('asymmetric')],
    ['an image enlarged about its middle', 19, resized('half_pixel_symmetric')],
    ['Gelu', 20, { inputs: image, nodes: gelu }],
    [
      'a mean of groups',
      21,
      {
        inputs: image,
        constants: { s: float32([4], [1, 2, 3, 4]), b: float32([4], [0, 0, 0, 0]) },
        nodes: nodes(['GroupNormalization', ['x', 's', 'b'], ['y'], { num_groups: int(2) }]),
      },
    ],
    ['int4', 21, { inputs: { x: ['int4', [4]] }, nodes: nodes(['Identity', ['x'], ['y']]) }],
    ['float8', 19, { inputs: { x: ['float8e5m2', [4]] }, nodes: nodes(['Identity', ['x'], ['y']]) }],
    ['float16', 21, { inputs: { x: ['float16', [4]] }, nodes: nodes(['Relu', ['x'], ['y']]) }],
    ['float64', LOWEST, { inputs: { x: ['float64', [4]] }, nodes: nodes(['Relu', ['x'], ['y']]) }],
    ['what nobody knows', 21, { inputs: image, nodes: nodes(['Mystery', ['x'], ['y']]) }],
    ['a newer operator', 24, { inputs: image, nodes: nodes(['Swish', ['x'], ['y']]) }],
    [
      'Gelu in a branch',
      20,
      {
        inputs: { c: ['bool', []], ...image },
        nodes: nodes([
          'If',
          ['c'],
          ['y'],
          {
            then_branch: branch({ nodes: gelu }),
            else_branch: branch({ nodes: nodes(['Relu', ['x'], ['z']]) }),
          },
        ]),
      },
    ],
  ])('%s needs opset %i', (_, opset, parts) => {
    const model = inferred(parts);
    const before = JSON.stringify(model.graph.nodes.map(({ inputs }) => inputs));
    expect(lowestOpset(model)).toBe(opset);
    expect(JSON.stringify(model.graph.nodes.map(({ inputs }) => inputs))).toBe(before);
    expect(model.graph.types.size).toBe(inferred(parts).graph.types.size);
  });

  test('nothing is rewritten at the opset it names', () => {
    const model = inferred(resized('asymmetric'));
    const older = downgradeModel(model, lowestOpset(model));
    expect(older.graph.nodes).toEqual(model.graph.nodes);
  });

  test('values without types and functions stay at 21', () => {
    expect(lowestOpset(smallModel(21, { inputs: image, nodes: nodes(['Relu', ['x'], ['y']]) }))).toBe(21);
    const model = inferred({ inputs: image, nodes: nodes(['Relu', ['x'], ['y']]) });
    model.functions.push({
      name: 'Own',
      domain: 'mine',
      inputs: ['a'],
      outputs: ['b'],
      attributes: [],
      attributeDefaults: new Map(),
      opsets: new Map([['', 21]]),
      nodes: [smallNode(['Relu', ['a'], ['b']])],
    });
    expect(lowestOpset(model)).toBe(21);
  });
});
